import { createRoute } from "@tanstack/react-router";
import { office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { usageQuery } from "./api";

const usageRoute = createRoute({
  getParentRoute: () => office,
  path: "/usage",
  loader: ({ context }) => context.queries.ensureQueryData(usageQuery),
  component: lazyPage("usage", () => import("./ResourceUsage"), "ResourceUsage"),
});

export const usageRoutes = [usageRoute] as const;
