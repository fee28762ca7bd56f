import {
  infiniteQueryOptions,
  queryOptions,
  useInfiniteQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import { useCan } from "@/lib/access";
import { api, data, type Schemas } from "@/lib/api";
import { useLiveEndings } from "@/lib/live";

export type Member = Schemas["MemberRead"];
export type Role = Schemas["RoleRead"];
export type RoleWish = Schemas["RoleCreate"];
export type Transfer = Schemas["TransferRead"];

const MEMBERS = ["members"];
const ROLES = ["roles"];
const TRANSFERS = ["ownership-transfers"];

/** The people of the workspace, newest first, and those who were removed lately. */
export const membersQuery = infiniteQueryOptions({
  queryKey: MEMBERS,
  // Nothing tells this page what others change.
  staleTime: 5_000,
  refetchOnWindowFocus: "always",
  initialPageParam: undefined as string | undefined,
  queryFn: ({ pageParam }) => {
    const query = {
      include: "removed",
      limit: 100,
      ...(pageParam && { cursor: pageParam }),
    } as const;
    return data(api.GET("/v1/members", { params: { query } })) as Promise<Schemas["MemberPage"]>;
  },
  getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
});

/** The roles that people can have here, from the one that may do most. */
export const rolesQuery = queryOptions({
  queryKey: ROLES,
  queryFn: async () => ((await data(api.GET("/v1/roles"))) as Schemas["RoleList"]).items,
});

/** The handing over of the workspace that is under way; null if none is. */
export const transferQuery = queryOptions({
  queryKey: TRANSFERS,
  staleTime: 5_000,
  refetchOnWindowFocus: "always",
  queryFn: async () => {
    const { items } = (await data(api.GET("/v1/ownership-transfers"))) as Schemas["TransferList"];
    return items[0] ?? null;
  },
});

/** Those of the people who are read already, for the names of whoever did something; nobody is waited for. */
export function useEveryMember(): readonly Member[] {
  const { data: read } = useInfiniteQuery({ ...membersQuery, enabled: useCan("members:read") });
  return read?.pages.flatMap(({ items }) => items) ?? [];
}

/** The API keys that act for somebody and would stop with them; of many the newest. */
export function keysOfQuery({ user_id }: Member) {
  return queryOptions({
    queryKey: ["api-keys", "of", user_id],
    queryFn: async () => {
      const query = { limit: 100 };
      const { items } = (await data(
        api.GET("/v1/api-keys", { params: { query } }),
      )) as Schemas["ApiKeyPage"];
      const isAlive = (end: string | null) => end === null || Date.parse(end) > Date.now();
      return items.filter(
        (each) =>
          each.created_by === user_id && !each.service_account_id && isAlive(each.expires_at),
      );
    },
  });
}

/** Read the people again when one's own role may have changed. */
export function useFreshMembers(): void {
  const queries = useQueryClient();
  useLiveEndings(
    useCallback(() => {
      void queries.invalidateQueries({ queryKey: MEMBERS });
      void queries.invalidateQueries({ queryKey: TRANSFERS });
    }, [queries]),
  );
}
