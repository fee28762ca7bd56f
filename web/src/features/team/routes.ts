import { createRoute } from "@tanstack/react-router";
import { usageQuery } from "@/features/usage";
import { can } from "@/lib/access";
import { office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { membersQuery, rolesQuery, transferQuery } from "./api";

const teamRoute = createRoute({
  getParentRoute: () => office,
  path: "/team",
  loader: async ({ context: { queries, session } }) => {
    if (!can(session, "members:read")) return;
    // How many seats are left may be late or away: the page is useful without it.
    void queries.prefetchQuery(usageQuery);
    await Promise.all([
      queries.ensureInfiniteQueryData(membersQuery),
      queries.ensureQueryData(rolesQuery),
      queries.ensureQueryData(transferQuery),
    ]);
  },
  component: lazyPage("team", () => import("./TeamPage"), "TeamPage"),
});

const rolesRoute = createRoute({
  getParentRoute: () => office,
  path: "/team/roles",
  loader: async ({ context: { queries, session } }) => {
    if (can(session, "members:read")) await queries.ensureQueryData(rolesQuery);
  },
  component: lazyPage("team", () => import("./RolesPage"), "RolesPage"),
});

export const teamRoutes = [teamRoute, rolesRoute] as const;
