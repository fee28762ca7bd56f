import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { office } from "@/lib/frames";

const brandRoute = createRoute({
  getParentRoute: () => office,
  path: "/brand",
  component: lazyRouteComponent(() => import("./BrandPage"), "BrandPage"),
});

export const brandingRoutes = [brandRoute] as const;
