import { createRoute } from "@tanstack/react-router";
import { ownInvitationsQuery } from "@/features/join";
import { ownPath } from "@/lib/address";
import { door, platform } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { tenantsQuery } from "./api";
import { proofOf, type Way } from "./paths";

const enterRoute = createRoute({
  getParentRoute: () => door,
  path: "/enter",
  // By name, else the router would keep what it says.
  validateSearch: ({ to, proof }: Record<string, unknown>): Way => ({
    to: ownPath(to),
    proof: proofOf(proof),
  }),
  component: lazyPage("workspaces", () => import("./EnterPage"), "EnterPage"),
});

const tenantsRoute = createRoute({
  getParentRoute: () => platform,
  path: "/tenants",
  loader: ({ context: { queries } }) => {
    void queries.prefetchQuery(ownInvitationsQuery);
    return queries.ensureQueryData(tenantsQuery);
  },
  component: lazyPage(["workspaces", "join"], () => import("./TenantsPage"), "TenantsPage"),
});

const handoffRoute = createRoute({
  getParentRoute: () => platform,
  path: "/handoff",
  validateSearch: ({ host, challenge, proof }: Record<string, unknown>) => ({
    host: typeof host === "string" ? host : "",
    challenge: typeof challenge === "string" ? challenge : "",
    proof: proofOf(proof),
  }),
  component: lazyPage("workspaces", () => import("./HandoffPage"), "HandoffPage"),
});

/** On a workspace's host. */
export const enterRoutes = [enterRoute] as const;
/** On the platform's host. */
export const workspacesRoutes = [tenantsRoute, handoffRoute] as const;
