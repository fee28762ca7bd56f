import { useLingui } from "@lingui/react/macro";

/** Why somebody cannot join. */
export function useJoinWords(): Record<string, string> {
  const { t } = useLingui();
  const isOver = t`It was answered, taken back or replaced, or its link is incomplete. Ask for a new one.`;
  return {
    invitation_invalid: isOver,
    invitation_not_found: isOver,
    invitation_expired: t`This invitation has expired. Ask for a new one.`,
    invitation_used: t`This invitation was used already.`,
    invitation_for_another: t`This invitation is for another address than yours.`,
    domain_not_allowed: t`This link is only for addresses of certain domains.`,
    tenant_suspended: t`This workspace is closed at the moment. Ask whoever invited you.`,
    no_seat_left: t`All seats of this workspace are taken. Ask whoever invited you to make room, then try again: your invitation stays valid.`,
    seats_unavailable: t`Whether there is a seat left cannot be checked right now. Try again in a minute.`,
    account_exists: t`There is an account with this address already. Log in with it, then join.`,
  };
}

/** What a role is called; those that the workspace has made are not known here. */
export function useRoleWord(): (role: string) => string | null {
  const { t } = useLingui();
  const names: Record<string, string> = {
    owner: t`Owner`,
    admin: t`Admin`,
    member: t`Member`,
    viewer: t`Viewer`,
  };
  return (role) => names[role] ?? null;
}
