import type { QueryClient } from "@tanstack/react-query";
import { createRoute, redirect } from "@tanstack/react-router";
import { resetsQuery } from "@/features/factors";
import { ownPath } from "@/lib/address";
import { mfaQuery } from "@/lib/factors";
import { door, platform, workspace } from "@/lib/frames";
import { sessionQuery } from "@/lib/session";
import { lazyPage } from "@/lib/texts";
import { meQuery, ownSessionsQuery } from "./api";

const TEXTS = ["account", "factors"];

const page = {
  path: "/me",
  component: lazyPage(TEXTS, () => import("./AccountPage"), "AccountPage"),
  loader: ({ context: { queries } }: { context: { queries: QueryClient } }) =>
    Promise.all([
      queries.ensureQueryData(meQuery),
      queries.ensureQueryData(ownSessionsQuery),
      queries.ensureQueryData(mfaQuery),
      queries.ensureQueryData(resetsQuery),
    ]),
} as const;

const accountRoute = createRoute({ ...page, getParentRoute: () => workspace });
const personRoute = createRoute({ ...page, getParentRoute: () => platform });

/** Where sessions lead that may do nothing but show a second factor or set one up. */
const secondFactorRoute = createRoute({
  getParentRoute: () => door,
  path: "/second-factor",
  // By name, else the router would keep what it says.
  validateSearch: ({ next }: Record<string, unknown>): { next?: string | undefined } => ({
    next: ownPath(next),
  }),
  beforeLoad: async ({ context, search }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: "/login", search });
    if (!session.restriction) throw redirect({ href: search.next ?? "/" });
  },
  loader: ({ context }) => context.queries.ensureQueryData(mfaQuery),
  component: lazyPage(TEXTS, () => import("./SecondFactorPage"), "SecondFactorPage"),
});

/** Where the mails about another address lead. */
const undoRoute = createRoute({
  getParentRoute: () => door,
  path: "/email-undo",
  component: lazyPage("account", () => import("./EmailUndoPage"), "EmailUndoPage"),
});

export const accountRoutes = [accountRoute] as const;
export const secondFactorRoutes = [secondFactorRoute] as const;
/** The same on the platform's host. */
export const personAccountRoutes = [personRoute] as const;
export const emailUndoRoutes = [undoRoute] as const;
