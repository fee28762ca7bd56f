import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspace } from "@/lib/frames";

const photosRoute = createRoute({
  getParentRoute: () => workspace,
  path: "/",
  component: lazyRouteComponent(() => import("./PhotosPage"), "PhotosPage"),
});

export const photosRoutes = [photosRoute] as const;
