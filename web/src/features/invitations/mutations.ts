import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas, withKey } from "@/lib/api";
import {
  INVITATIONS,
  type Invitation,
  type InvitationLink,
  type InvitationWish,
  type LinkWish,
  linksQuery,
  type NewLink,
} from "./api";

function useChanged(queryKey: readonly string[]): () => Promise<unknown> {
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
  const changed = useChanged(linksQuery.queryKey);
  return useMutation({
    gcTime: 0,
    mutationFn: ({ key, body }: { key: string; body: LinkWish }) =>
      data(api.POST("/v1/invitation-links", { params: withKey(key), body })) as Promise<NewLink>,
    onSuccess: changed,
  });
}

export function useRevokeLink() {
  const changed = useChanged(linksQuery.queryKey);
  return useMutation({
    mutationFn: ({ id }: InvitationLink) => {
      const params = { path: { invitation_link_id: id } };
      return data(api.DELETE("/v1/invitation-links/{invitation_link_id}", { params }));
    },
    onSettled: changed,
  });
}
