import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { platform, workspace } from "@/lib/frames";
import { meQuery, ownSessionsQuery } from "./api";

const page = {
  path: "/me",
  component: lazyRouteComponent(() => import("./AccountPage"), "AccountPage"),
} as const;

const accountRoute = createRoute({
  ...page,
  getParentRoute: () => workspace,
  loader: ({ context: { queries } }) =>
    Promise.all([queries.ensureQueryData(meQuery), queries.ensureQueryData(ownSessionsQuery)]),
});

const personRoute = createRoute({
  ...page,
  getParentRoute: () => platform,
  loader: ({ context: { queries } }) =>
    Promise.all([queries.ensureQueryData(meQuery), queries.ensureQueryData(ownSessionsQuery)]),
});

export const accountRoutes = [accountRoute] as const;
/** The same on the platform's host. */
export const personAccountRoutes = [personRoute] as const;
