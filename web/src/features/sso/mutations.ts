import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";
import { expiry } from "@/lib/expiry";
import { sessionQuery } from "@/lib/session";
import { type Connection, connectionsQuery, type Tested } from "./api";

type ConnectionWish = Schemas["SsoConnectionCreate"];
type ConnectionChange = Schemas["SsoConnectionUpdate"];
export type ProofAsked = Schemas["SsoProofAsked"];
type Finished = Schemas["SsoLoggedIn"] | Tested | ProofAsked;

/** Finish with what the provider has sent back. */
export function useFinish() {
  const queries = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: async (body: Schemas["SsoFinish"]) =>
      (await data(api.POST("/v1/sso/callback", { body }))) as Finished,
    onSuccess: ({ outcome }) => {
      if (outcome !== "log_in") return undefined;
      expiry.armed = true;
      return queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
}

/** Show by its password that an account is one's own, and connect it. */
export function useConfirm() {
  return useMutation({
    gcTime: 0,
    mutationFn: (body: Schemas["SsoConfirm"]) => data(api.POST("/v1/sso/confirm", { body })),
  });
}

/** What changes one connection answers with it, and it is shown at once. */
function useKept() {
  const queries = useQueryClient();
  return (changed: Connection) =>
    queries.setQueryData(connectionsQuery.queryKey, (known = []) =>
      known.some(({ id }) => id === changed.id)
        ? known.map((each) => (each.id === changed.id ? changed : each))
        : [...known, changed],
    );
}

export function useConnect() {
  const kept = useKept();
  return useMutation({
    gcTime: 0,
    mutationFn: async (body: ConnectionWish) =>
      (await data(api.POST("/v1/sso/connections", { body }))) as Connection,
    onSuccess: kept,
  });
}

export function useChange(id: string) {
  const kept = useKept();
  return useMutation({
    gcTime: 0,
    mutationFn: async (body: ConnectionChange) =>
      (await data(
        api.PATCH("/v1/sso/connections/{connection_id}", {
          params: { path: { connection_id: id } },
          body,
        }),
      )) as Connection,
    onSuccess: kept,
  });
}

export function useDelete(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      data(
        api.DELETE("/v1/sso/connections/{connection_id}", {
          params: { path: { connection_id: id } },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: connectionsQuery.queryKey }),
  });
}

export function useAddDomain(id: string) {
  const kept = useKept();
  return useMutation({
    mutationFn: async (domain: string) =>
      (await data(
        api.POST("/v1/sso/connections/{connection_id}/domains", {
          params: { path: { connection_id: id } },
          body: { domain },
        }),
      )) as Connection,
    onSuccess: kept,
  });
}

export function useCheckDomain(id: string) {
  const kept = useKept();
  return useMutation({
    mutationFn: async (domain: string) =>
      (await data(
        api.POST("/v1/sso/connections/{connection_id}/domains/{domain}/check", {
          params: { path: { connection_id: id, domain } },
        }),
      )) as Connection,
    onSuccess: kept,
  });
}

export function useRemoveDomain(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (domain: string) =>
      data(
        api.DELETE("/v1/sso/connections/{connection_id}/domains/{domain}", {
          params: { path: { connection_id: id, domain } },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: connectionsQuery.queryKey }),
  });
}
