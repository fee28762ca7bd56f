import { createRoute } from "@tanstack/react-router";
import { rolesQuery } from "@/features/team";
import { usageQuery } from "@/features/usage";
import { can } from "@/lib/access";
import { office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { type InvitationState, invitationsQuery, linksQuery } from "./api";

const STATES: readonly unknown[] = ["expired", "accepted", "declined", "revoked"];

const invitationsRoute = createRoute({
  getParentRoute: () => office,
  path: "/team/invitations",
  // By name, else the router would keep what the address says.
  validateSearch: ({
    state,
    invite,
  }: Record<string, unknown>): {
    state?: InvitationState | undefined;
    invite?: true | undefined;
  } => ({
    state: STATES.includes(state) ? (state as InvitationState) : undefined,
    invite: invite === true ? true : undefined,
  }),
  loaderDeps: ({ search: { state } }) => ({ state }),
  loader: async ({ context: { queries, session }, deps: { state } }) => {
    if (!can(session, "members:manage")) return;
    // Another state is shown at once, and its invitations as soon as they are there.
    void queries.prefetchQuery(usageQuery);
    void queries.prefetchInfiniteQuery(invitationsQuery(state ?? "pending"));
    await Promise.all([
      queries.ensureInfiniteQueryData(linksQuery),
      queries.ensureQueryData(rolesQuery),
    ]);
  },
  component: lazyPage(
    ["invitations", "team"],
    () => import("./InvitationsPage"),
    "InvitationsPage",
  ),
});

export const invitationsRoutes = [invitationsRoute] as const;
