import { createRoute } from "@tanstack/react-router";
import { serviceAccountsQuery } from "@/features/service-accounts";
import { rolesQuery } from "@/features/team";
import { can } from "@/lib/access";
import { office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { apiKeysQuery } from "./api";

const apiKeysRoute = createRoute({
  getParentRoute: () => office,
  path: "/api-keys",
  loader: async ({ context: { queries, session } }) => {
    if (!can(session, "api_keys:manage")) return;
    await Promise.all([
      queries.ensureInfiniteQueryData(apiKeysQuery),
      queries.ensureQueryData(serviceAccountsQuery),
      queries.ensureQueryData(rolesQuery),
    ]);
  },
  component: lazyPage(
    ["api-keys", "service-accounts", "team"],
    () => import("./ApiKeysPage"),
    "ApiKeysPage",
  ),
});

export const apiKeyRoutes = [apiKeysRoute] as const;
