import { createRoute } from "@tanstack/react-router";
import { door } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";

const resetRoute = createRoute({
  getParentRoute: () => door,
  path: "/reset",
  component: lazyPage("reset", () => import("./ResetPage"), "ResetPage"),
});

export const resetRoutes = [resetRoute] as const;
