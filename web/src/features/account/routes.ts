import type { QueryClient } from "@tanstack/react-query";
import { createRoute } from "@tanstack/react-router";
import { platform, workspace } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { meQuery, ownSessionsQuery } from "./api";

const page = {
  path: "/me",
  component: lazyPage("account", () => import("./AccountPage"), "AccountPage"),
  loader: ({ context: { queries } }: { context: { queries: QueryClient } }) =>
    Promise.all([queries.ensureQueryData(meQuery), queries.ensureQueryData(ownSessionsQuery)]),
} as const;

const accountRoute = createRoute({ ...page, getParentRoute: () => workspace });
const personRoute = createRoute({ ...page, getParentRoute: () => platform });

export const accountRoutes = [accountRoute] as const;
/** The same on the platform's host. */
export const personAccountRoutes = [personRoute] as const;
