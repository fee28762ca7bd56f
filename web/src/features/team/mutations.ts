import { useMutation, useQueryClient } from "@tanstack/react-query";
import { leave } from "@/features/session";
import { usageQuery } from "@/features/usage";
import { api, data, type Schemas } from "@/lib/api";
import { boot } from "@/lib/boot";
import {
  type Member,
  membersQuery,
  type Role,
  type RoleWish,
  rolesQuery,
  type Transfer,
  transferQuery,
} from "./api";

/** Read again what a change concerns. A change is not busy for as long (`void`) where what asked for it may be gone
 * then, and nobody would say that it is done. */
function useTeamChanged(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: membersQuery.queryKey }),
      queries.invalidateQueries({ queryKey: transferQuery.queryKey }),
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

/** Their sessions here end at once, on every device; they can log in again. */
export function useLogMemberOut() {
  return useMutation({
    mutationFn: (member: Member) => {
      const params = { path: { member_id: member.id } };
      return data(api.DELETE("/v1/members/{member_id}/sessions", { params }));
    },
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

/** Take the second factors of somebody away who has lost them; returns when that happens. */
export function useResetFactors() {
  return useMutation({
    mutationFn: async (member: Member) => {
      const params = { path: { member_id: member.id } };
      const asked = await data(api.POST("/v1/members/{member_id}/factor-reset", { params }));
      return (asked as Schemas["FactorResetRead"]).due_at;
    },
  });
}

/** Bring somebody back as they were, or with another role; their keys only if they are to work again (`resumes`). */
export function useRestoreMember() {
  const changed = useTeamChanged();
  return useMutation({
    mutationFn: ({
      member,
      role,
      resumes = false,
    }: {
      member: Member;
      role?: string;
      resumes?: boolean;
    }) => {
      const params = { path: { member_id: member.id } };
      const body = { ...(role !== undefined && { role }), resume_keys: resumes };
      return data(api.POST("/v1/members/{member_id}/restore", { params, body }));
    },
    onSettled: () => void changed(),
  });
}

/** Ask a member to be the owner in one's place; they have a week to say yes. */
export function useStartTransfer() {
  const changed = useTeamChanged();
  return useMutation({
    mutationFn: (member: Member) =>
      data(api.POST("/v1/ownership-transfers", { body: { member_id: member.id } })),
    onSettled: () => void changed(),
  });
}

/** Say yes: be the owner. */
export function useConfirmTransfer() {
  const changed = useTeamChanged();
  return useMutation({
    mutationFn: ({ id }: Transfer) => {
      const params = { path: { ownership_transfer_id: id } };
      return data(api.POST("/v1/ownership-transfers/{ownership_transfer_id}/confirm", { params }));
    },
    onSettled: () => void changed(),
  });
}

/** Take it back, or say no. */
export function useEndTransfer() {
  const changed = useTeamChanged();
  return useMutation({
    mutationFn: ({ id }: Transfer) => {
      const params = { path: { ownership_transfer_id: id } };
      return data(api.DELETE("/v1/ownership-transfers/{ownership_transfer_id}", { params }));
    },
    onSettled: () => void changed(),
  });
}

function useRolesChanged(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: rolesQuery.queryKey }),
      queries.invalidateQueries({ queryKey: membersQuery.queryKey }),
    ]);
}

/** Make a role, or give one another name or other permissions. */
export function useSaveRole() {
  const changed = useRolesChanged();
  return useMutation({
    mutationFn: ({ role, wish }: { role: Role | null; wish: RoleWish }) => {
      if (role === null) return data(api.POST("/v1/roles", { body: wish }));
      const params = { path: { role_id: role.key } };
      return data(api.PATCH("/v1/roles/{role_id}", { params, body: wish }));
    },
    onSettled: changed,
  });
}

export function useDeleteRole() {
  const changed = useRolesChanged();
  return useMutation({
    mutationFn: ({ key }: Role) =>
      data(api.DELETE("/v1/roles/{role_id}", { params: { path: { role_id: key } } })),
    onSettled: changed,
  });
}
