import { useSuspenseQuery } from "@tanstack/react-query";
import type { Session } from "./session";
import { sessionQuery } from "./session";

/** Whether the role has a permission. What a role can never do is not shown at all. */
export function can(session: Session | null, permission: string): boolean {
  return session?.permissions.includes(permission) ?? false;
}

/** Whether the plan has a feature. What it lacks is shown, with the way to it. */
function hasFeature(session: Session | null, feature: string): boolean {
  const entitlements = (session as WithEntitlements | null)?.entitlements;
  return entitlements?.features.includes(feature) ?? false;
}

export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (!data) throw new Error("This page is only for people who are signed in.");
  return data;
}

export function useCan(permission: string): boolean {
  return can(useSuspenseQuery(sessionQuery).data, permission);
}

export function useFeature(feature: string): boolean {
  return hasFeature(useSuspenseQuery(sessionQuery).data, feature);
}

type WithEntitlements = Session & { entitlements?: { features: string[] } | null };
