import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { can } from "@/lib/access";
import { office } from "@/lib/frames";
import { apiKeysQuery } from "./api";

const apiKeysRoute = createRoute({
  getParentRoute: () => office,
  path: "/api-keys",
  loader: async ({ context }) => {
    if (can(context.session, "api_keys:manage")) {
      await context.queries.ensureInfiniteQueryData(apiKeysQuery);
    }
  },
  component: lazyRouteComponent(() => import("./ApiKeysPage"), "ApiKeysPage"),
});

export const apiKeyRoutes = [apiKeysRoute] as const;
