import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

export type Offer = Schemas["OfferRead"];
type Joined = Schemas["JoinedRead"];
export type OwnInvitation = Schemas["OwnInvitationRead"];

const OFFERS = ["offers"];
const OWN = ["my-invitations"];

/** What the holder of a secret is offered. */
export function offerQuery(token: string) {
  return queryOptions({
    queryKey: [...OFFERS, token],
    // It may end at any moment, and a secret is not kept longer than it is shown.
    staleTime: 0,
    gcTime: 0,
    queryFn: () => data(api.POST("/v1/invitations/look-up", { body: { token } })) as Promise<Offer>,
  });
}

/** Who somebody is that has no account yet. */
type Newcomer = { name: string; password: string; locale: "en" | "de" };

/** Say yes: as the person who is logged in, or as somebody new, who is logged in afterwards. */
export function useAccept(token: string) {
  return useMutation({
    gcTime: 0,
    mutationFn: (newcomer?: Newcomer) =>
      data(api.POST("/v1/invitations/accept", { body: { token, ...newcomer } })) as Promise<Joined>,
  });
}

export function useDecline(token: string) {
  return useMutation({
    mutationFn: () => data(api.POST("/v1/invitations/decline", { body: { token } })),
  });
}

/** Have an invitation mailed, with a link that several people may use. */
export function useAsk(token: string) {
  return useMutation({
    mutationFn: (email: string) =>
      data(api.POST("/v1/invitations/ask", { body: { token, email } })),
  });
}

/** The workspaces that ask for the person who is logged in. */
export const ownInvitationsQuery = queryOptions({
  queryKey: OWN,
  queryFn: async () =>
    ((await data(api.GET("/v1/me/invitations"))) as Schemas["OwnInvitations"]).items,
});

export function useAcceptOwn() {
  return useMutation({
    mutationFn: ({ id }: OwnInvitation) => {
      const params = { path: { invitation_id: id } };
      return data(
        api.POST("/v1/me/invitations/{invitation_id}/accept", { params }),
      ) as Promise<Joined>;
    },
  });
}

export function useDeclineOwn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: OwnInvitation) => {
      const params = { path: { invitation_id: id } };
      return data(api.POST("/v1/me/invitations/{invitation_id}/decline", { params }));
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: OWN }),
  });
}
