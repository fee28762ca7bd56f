import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { office } from "@/lib/frames";
import { brandingQuery } from "./api";

const brandRoute = createRoute({
  getParentRoute: () => office,
  path: "/brand",
  loader: ({ context }) => context.queries.ensureQueryData(brandingQuery),
  component: lazyRouteComponent(() => import("./BrandPage"), "BrandPage"),
});

export const brandingRoutes = [brandRoute] as const;
