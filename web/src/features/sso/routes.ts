import { createRoute } from "@tanstack/react-router";
import { can } from "@/lib/access";
import { door, office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { connectionsQuery, rolesQuery } from "./api";

const ssoRoute = createRoute({
  getParentRoute: () => office,
  path: "/sso",
  loader: async ({ context: { queries, session } }) => {
    if (!can(session, "sso:manage")) return;
    await Promise.all([
      queries.ensureQueryData(connectionsQuery),
      queries.ensureQueryData(rolesQuery),
    ]);
  },
  component: lazyPage("sso", () => import("./SsoPage"), "SsoPage"),
});

export const ssoRoutes = [ssoRoute] as const;

/** Where a log-in at the company ends: on the workspace's host with what the provider has sent back, on the
 * platform's if that belongs to nothing. */
const arrivalRoute = createRoute({
  getParentRoute: () => door,
  path: "/sso",
  component: lazyPage("sso", () => import("./ArrivalPage"), "ArrivalPage"),
});

const nowhereRoute = createRoute({
  getParentRoute: () => door,
  path: "/sso",
  component: lazyPage("sso", () => import("./NowherePage"), "NowherePage"),
});

export const ssoDoorRoutes = [arrivalRoute] as const;
export const ssoPlatformRoutes = [nowhereRoute] as const;
