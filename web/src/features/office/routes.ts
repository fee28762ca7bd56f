import { createRoute } from "@tanstack/react-router";
import { usageQuery } from "@/features/usage";
import { office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { recentQuery, tenantQuery } from "./api";

const overviewRoute = createRoute({
  getParentRoute: () => office,
  path: "/",
  loader: async ({ context: { queries } }) => {
    // The figures and photos may be late or away: the page is useful without them.
    void queries.prefetchQuery(usageQuery);
    void queries.prefetchQuery(recentQuery);
    await queries.ensureQueryData(tenantQuery);
  },
  component: lazyPage("office", () => import("./TenantDashboard"), "TenantDashboard"),
});

export const officeRoutes = [overviewRoute] as const;
