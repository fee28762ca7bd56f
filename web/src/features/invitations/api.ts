import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas, withKey } from "@/lib/api";

export type Invitation = Schemas["InvitationRead"];
export type InvitationState = Invitation["state"];
type InvitationWish = Schemas["InvitationsCreate"];
export type Outcome = Schemas["InvitationOutcome"];
export type InvitationLink = Schemas["InvitationLinkRead"];
export type LinkWish = Schemas["InvitationLinkCreate"];
type NewLink = Schemas["InvitationLinkCreated"];

const INVITATIONS = ["invitations"];
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

function useChanged(queryKey: string[]): () => Promise<unknown> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey });
}

/** Ask people in. The answer says what became of each; the same wish again invites nobody twice. */
export function useInvite() {
  const changed = useChanged(INVITATIONS);
  return useMutation({
    mutationFn: async (body: InvitationWish) =>
      ((await data(api.POST("/v1/invitations", { body }))) as Schemas["InvitationsCreated"]).items,
    onSettled: changed,
  });
}

/** Mail an invitation once more, with a week from now. */
export function useResend() {
  const changed = useChanged(INVITATIONS);
  return useMutation({
    mutationFn: ({ id }: Invitation) => {
      const params = { path: { invitation_id: id } };
      return data(api.POST("/v1/invitations/{invitation_id}/resend", { params }));
    },
    onSettled: () => void changed(),
  });
}

export function useRevoke() {
  const changed = useChanged(INVITATIONS);
  return useMutation({
    mutationFn: ({ id }: Invitation) => {
      const params = { path: { invitation_id: id } };
      return data(api.DELETE("/v1/invitations/{invitation_id}", { params }));
    },
    onSettled: () => void changed(),
  });
}

/** Make a link. Its address is in this answer and nowhere else, not in the cache either. */
export function useCreateLink() {
  const changed = useChanged(LINKS);
  return useMutation({
    gcTime: 0,
    mutationFn: ({ key, body }: { key: string; body: LinkWish }) =>
      data(api.POST("/v1/invitation-links", { params: withKey(key), body })) as Promise<NewLink>,
    onSuccess: changed,
  });
}

export function useRevokeLink() {
  const changed = useChanged(LINKS);
  return useMutation({
    mutationFn: ({ id }: InvitationLink) => {
      const params = { path: { invitation_link_id: id } };
      return data(api.DELETE("/v1/invitation-links/{invitation_link_id}", { params }));
    },
    onSettled: changed,
  });
}
