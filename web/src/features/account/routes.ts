import type { QueryClient } from "@tanstack/react-query";
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { platform, workspace } from "@/lib/frames";
import { meQuery, ownSessionsQuery } from "./api";

const page = {
  path: "/me",
  component: lazyRouteComponent(() => import("./AccountPage"), "AccountPage"),
  loader: ({ context: { queries } }: { context: { queries: QueryClient } }) =>
    Promise.all([queries.ensureQueryData(meQuery), queries.ensureQueryData(ownSessionsQuery)]),
} as const;

const accountRoute = createRoute({ ...page, getParentRoute: () => workspace });
const personRoute = createRoute({ ...page, getParentRoute: () => platform });

export const accountRoutes = [accountRoute] as const;
/** The same on the platform's host. */
export const personAccountRoutes = [personRoute] as const;
