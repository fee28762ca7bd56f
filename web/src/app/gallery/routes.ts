import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "@/lib/frames";

/** Every part of `ui/` in all its states, in development only. */
export function galleryRoutes() {
  if (!import.meta.env.DEV && import.meta.env.MODE !== "gallery") return [];
  return [
    createRoute({
      getParentRoute: () => root,
      path: "/_gallery",
      component: lazyRouteComponent(() => import("./GalleryPage"), "GalleryPage"),
    }),
  ];
}
