import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

export type Invitation = Schemas["InvitationRead"];
export type InvitationState = Invitation["state"];
export type InvitationWish = Schemas["InvitationsCreate"];
export type Outcome = Schemas["InvitationOutcome"];
export type InvitationLink = Schemas["InvitationLinkRead"];
export type LinkWish = Schemas["InvitationLinkCreate"];
export type NewLink = Schemas["InvitationLinkCreated"];

export const INVITATIONS = ["invitations"];
const LINKS = ["invitation-links"];

/** The invitations of one state, newest first; those that ended go after 30 days. */
export function invitationsQuery(state: InvitationState) {
  return infiniteQueryOptions({
    queryKey: [...INVITATIONS, state],
    // Nothing tells this page what the invited do.
    staleTime: 5_000,
    refetchOnWindowFocus: "always",
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => {
      const query = { state, limit: 100, ...(pageParam && { cursor: pageParam }) };
      return data(api.GET("/v1/invitations", { params: { query } })) as Promise<
        Schemas["InvitationPage"]
      >;
    },
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
}

/** The links that were not revoked, newest first. */
export const linksQuery = infiniteQueryOptions({
  queryKey: LINKS,
  staleTime: 5_000,
  refetchOnWindowFocus: "always",
  initialPageParam: undefined as string | undefined,
  queryFn: ({ pageParam }) => {
    const query = pageParam ? { cursor: pageParam } : {};
    return data(api.GET("/v1/invitation-links", { params: { query } })) as Promise<
      Schemas["InvitationLinkPage"]
    >;
  },
  getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
});
