import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas, withKey } from "@/lib/api";
import { type ApiKeyWish, apiKeysQuery, type NewApiKey } from "./api";

/** Make a key. Its secret is in this answer and nowhere else, not in the cache either. */
export function useCreateApiKey() {
  const queries = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: ({ key, body }: { key: string; body: ApiKeyWish }) =>
      data(api.POST("/v1/api-keys", { params: withKey(key), body })) as Promise<NewApiKey>,
    onSuccess: () => queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
}

/** What is left out stays as it is. */
export function useChangeApiKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Partial<Schemas["ApiKeyUpdate"]> }) => {
      const params = { path: { api_key_id: id } };
      return data(
        api.PATCH("/v1/api-keys/{api_key_id}", { params, body: body as Schemas["ApiKeyUpdate"] }),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
}

/** Make a key in the place of another one. Its secret is in this answer and nowhere else. */
export function useReplaceApiKey() {
  const queries = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: ({ id, key, body }: { id: string; key: string; body: Schemas["ApiKeyRotate"] }) => {
      const params = { path: { api_key_id: id }, ...withKey(key) };
      return data(
        api.POST("/v1/api-keys/{api_key_id}/rotate", { params, body }),
      ) as Promise<NewApiKey>;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
}

export function useRevokeApiKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      data(api.DELETE("/v1/api-keys/{api_key_id}", { params: { path: { api_key_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
}
