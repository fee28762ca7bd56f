import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { office } from "@/lib/frames";

const apiKeysRoute = createRoute({
  getParentRoute: () => office,
  path: "/api-keys",
  component: lazyRouteComponent(() => import("./ApiKeysPage"), "ApiKeysPage"),
});

export const apiKeyRoutes = [apiKeysRoute] as const;
