import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { office } from "@/lib/frames";

const overviewRoute = createRoute({
  getParentRoute: () => office,
  path: "/",
  component: lazyRouteComponent(() => import("./TenantDashboard"), "TenantDashboard"),
});

export const officeRoutes = [overviewRoute] as const;
