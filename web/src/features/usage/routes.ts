import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { office } from "@/lib/frames";
import { usageQuery } from "./api";

const usageRoute = createRoute({
  getParentRoute: () => office,
  path: "/usage",
  loader: ({ context }) => context.queries.ensureQueryData(usageQuery),
  component: lazyRouteComponent(() => import("./ResourceUsage"), "ResourceUsage"),
});

export const usageRoutes = [usageRoute] as const;
