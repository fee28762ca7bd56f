import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { door } from "@/lib/frames";

const resetRoute = createRoute({
  getParentRoute: () => door,
  path: "/reset",
  component: lazyRouteComponent(() => import("./ResetPage"), "ResetPage"),
});

export const resetRoutes = [resetRoute] as const;
