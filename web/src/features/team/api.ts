import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import { leave } from "@/features/session";
import { usageQuery } from "@/features/usage";
import { api, data, type Schemas } from "@/lib/api";
import { boot } from "@/lib/boot";
import { useLiveEndings } from "@/lib/live";

export type Member = Schemas["MemberRead"];
export type Role = Schemas["RoleRead"];

const MEMBERS = ["members"];

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
  queryKey: ["roles"],
  queryFn: async () => ((await data(api.GET("/v1/roles"))) as Schemas["RoleList"]).items,
});

/** Read the people again when one's own role may have changed. */
export function useFreshMembers(): void {
  const queries = useQueryClient();
  useLiveEndings(
    useCallback(() => void queries.invalidateQueries({ queryKey: MEMBERS }), [queries]),
  );
}

function useTeamChanged(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: MEMBERS }),
      queries.invalidateQueries({ queryKey: usageQuery.queryKey }),
    ]);
}

export function useChangeRole() {
  const changed = useTeamChanged();
  return useMutation({
    mutationFn: ({ member, role }: { member: Member; role: string }) => {
      const params = { path: { member_id: member.id } };
      return data(api.PATCH("/v1/members/{member_id}", { params, body: { role } }));
    },
    onSettled: changed,
  });
}

/** Their sessions and keys end at once; for 30 days they can be brought back. */
export function useRemoveMember() {
  const changed = useTeamChanged();
  return useMutation({
    mutationFn: (member: Member) => {
      const params = { path: { member_id: member.id } };
      return data(api.DELETE("/v1/members/{member_id}", { params }));
    },
    onSettled: changed,
  });
}

/** End one's own membership, and show the workspaces that are left. */
export function useLeaveTeam() {
  return useMutation({
    mutationFn: (member: Member) => {
      const params = { path: { member_id: member.id } };
      return data(api.DELETE("/v1/members/{member_id}", { params }));
    },
    onSuccess: () => leave({ to: `${boot.app_url}/tenants` }),
  });
}

/** Bring somebody back as they were, or with another role. */
export function useRestoreMember() {
  const changed = useTeamChanged();
  return useMutation({
    mutationFn: ({ member, role }: { member: Member; role?: string }) => {
      const params = { path: { member_id: member.id } };
      const body = role === undefined ? {} : { role };
      return data(api.POST("/v1/members/{member_id}/restore", { params, body }));
    },
    onSettled: changed,
  });
}
