import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { leave } from "@/features/session";
import { api, data, type Schemas } from "@/lib/api";
import { boot } from "@/lib/boot";

export type Me = Schemas["MeRead"];
export type MeChange = Schemas["MeUpdate"];
export type OwnSession = Schemas["OwnSessionRead"];

/** The person who is signed in. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async () => (await data(api.GET("/v1/me"))) as Me,
});

/** Where the person is signed in, on all hosts. */
export const ownSessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: async () => ((await data(api.GET("/v1/me/sessions"))) as Schemas["OwnSessions"]).items,
});

/** The workspaces of the person. */
export const ownTenantsQuery = queryOptions({
  queryKey: ["tenants"],
  queryFn: async () => ((await data(api.GET("/v1/me/tenants"))) as Schemas["OwnTenants"]).items,
});

export function useChangeMe() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: MeChange) => (await data(api.PATCH("/v1/me", { body }))) as Me,
    onSuccess: (me) => {
      queries.setQueryData(meQuery.queryKey, me);
      void queries.invalidateQueries({ queryKey: ["session"] });
    },
  });
}

/** It ends all other sessions of the person. */
export function useChangePassword() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas["PasswordChange"]) => data(api.POST("/v1/me/password", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ownSessionsQuery.queryKey }),
  });
}

/** End one session, or with null all but this one. */
export function useEndSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string | null) =>
      id === null
        ? data(api.DELETE("/v1/me/sessions"))
        : data(
            api.DELETE("/v1/me/sessions/{session_id}", { params: { path: { session_id: id } } }),
          ),
    onSettled: () => queries.invalidateQueries({ queryKey: ownSessionsQuery.queryKey }),
  });
}

/** Another address that waits for the code of a mail there. */
export type EmailWish = { id: string; email: string };

/** Ask for another address; a mail there brings a code. */
export function useAskEmail() {
  return useMutation({
    mutationFn: async (email: string): Promise<EmailWish> => {
      const asked = await data(api.POST("/v1/me/email", { body: { email } }));
      return { id: (asked as Schemas["EmailChangeRead"]).id, email };
    },
  });
}

/** Take it, with the code. It ends all other sessions. */
export function useConfirmEmail(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (code: string) =>
      data(
        api.POST("/v1/me/email/{change_id}/confirm", {
          params: { path: { change_id: id } },
          body: { code },
        }),
      ),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["me"] }),
        queries.invalidateQueries({ queryKey: ["session"] }),
      ]),
  });
}

/** Take a change of the address back, with what a mail to the old one brought. */
export function useUndoEmail() {
  return useMutation({
    mutationFn: (token: string) => data(api.POST("/v1/email-changes/undo", { body: { token } })),
  });
}

/** End the account. */
export function useDeleteMe() {
  return useMutation({
    mutationFn: () => data(api.DELETE("/v1/me")),
    onSuccess: () => leave({ to: `${boot.app_url}/` }),
  });
}
