import { createRoute } from "@tanstack/react-router";
import { can } from "@/lib/access";
import { office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { apiKeysQuery } from "./api";

const apiKeysRoute = createRoute({
  getParentRoute: () => office,
  path: "/api-keys",
  loader: async ({ context }) => {
    if (can(context.session, "api_keys:manage")) {
      await context.queries.ensureInfiniteQueryData(apiKeysQuery);
    }
  },
  component: lazyPage("api-keys", () => import("./ApiKeysPage"), "ApiKeysPage"),
});

export const apiKeyRoutes = [apiKeysRoute] as const;
