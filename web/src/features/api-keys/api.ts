import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

export type ApiKey = Schemas["ApiKeyRead"];
export type ApiKeyWish = Schemas["ApiKeyCreate"];
export type NewApiKey = Schemas["ApiKeyCreated"];

/** The workspace's keys, newest first. */
export const apiKeysQuery = infiniteQueryOptions({
  queryKey: ["api-keys"],
  initialPageParam: undefined as string | undefined,
  queryFn: ({ pageParam }) =>
    data(
      api.GET("/v1/api-keys", { params: { query: pageParam ? { cursor: pageParam } : {} } }),
    ) as Promise<Schemas["ApiKeyPage"]>,
  getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
});
