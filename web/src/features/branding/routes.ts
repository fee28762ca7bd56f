import { createRoute } from "@tanstack/react-router";
import { office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { brandingQuery } from "./api";

const brandRoute = createRoute({
  getParentRoute: () => office,
  path: "/brand",
  loader: ({ context }) => context.queries.ensureQueryData(brandingQuery),
  component: lazyPage("branding", () => import("./BrandPage"), "BrandPage"),
});

export const brandingRoutes = [brandRoute] as const;
