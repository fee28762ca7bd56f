import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

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
