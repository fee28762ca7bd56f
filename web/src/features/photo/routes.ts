import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspace } from "@/lib/frames";

const photoRoute = createRoute({
  getParentRoute: () => workspace,
  path: "/photos/$projectId",
  component: lazyRouteComponent(() => import("./PhotoPage"), "PhotoPage"),
});

export const photoRoutes = [photoRoute] as const;
