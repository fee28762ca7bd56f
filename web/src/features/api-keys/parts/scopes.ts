import { useLingui } from "@lingui/react/macro";
import type { ApiKeyWish } from "../api";

export type Scope = NonNullable<ApiKeyWish["scopes"]>[number];

/** What a key may do, in words. */
export function useScopeNames(): Record<Scope, string> {
  const { t } = useLingui();
  return {
    "projects:read": t`see photos`,
    "projects:write": t`furnish photos`,
    "usage:read": t`see usage`,
    "tenant:read": t`see the workspace`,
    "tenant:manage": t`change the workspace`,
    "billing:manage": t`change the plan`,
    "api_keys:manage": t`make keys`,
    "members:manage": t`manage people`,
  };
}

// What a program needs that furnishes photos.
export const USUAL_SCOPES: Scope[] = [
  "projects:read",
  "projects:write",
  "usage:read",
  "tenant:read",
];
