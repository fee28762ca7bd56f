import { useLingui } from "@lingui/react/macro";

/** Why a change of somebody's membership was refused. */
export function useMemberWords(): Record<string, string> {
  const { t } = useLingui();
  return {
    last_owner: t`A workspace keeps at least one owner. Make somebody else an owner first.`,
    role_not_allowed: t`You can decide only about people and roles that may do no more than you.`,
    permission_denied: t`Your role does not let you do that any more.`,
    member_not_found: t`They do not belong to the workspace any more.`,
    unknown_role: t`This role does not exist any more. Choose another.`,
  };
}

/** Why somebody could not be brought back. */
export function useRestoreWords(): Record<string, string> {
  const { t } = useLingui();
  return {
    ...useMemberWords(),
    no_seat_left: t`All seats of your plan are taken. Remove somebody else first, or choose a larger plan.`,
    seats_unavailable: t`Whether there is a seat left cannot be checked right now. Try again in a minute.`,
    member_not_found: t`They were removed more than 30 days ago, or are back already.`,
  };
}
