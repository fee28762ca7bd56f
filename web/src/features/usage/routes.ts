import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { office } from "@/lib/frames";

const usageRoute = createRoute({
  getParentRoute: () => office,
  path: "/usage",
  component: lazyRouteComponent(() => import("./ResourceUsage"), "ResourceUsage"),
});

export const usageRoutes = [usageRoute] as const;
