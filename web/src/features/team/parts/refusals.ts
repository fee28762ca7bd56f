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

/** Why the workspace could not be handed over. */
export function useTransferWords(): Record<string, string> {
  const { t } = useLingui();
  const isOver = t`This is not open any more, or one of you has another role since.`;
  return {
    transfer_open: t`Somebody has been asked already. Take that back first.`,
    already_owner: t`They are an owner already.`,
    member_not_found: t`They do not belong to the workspace any more.`,
    permission_denied: t`Your role does not let you do that any more.`,
    transfer_obsolete: isOver,
    transfer_not_found: isOver,
    transfer_for_another: isOver,
  };
}

/** Why a role could not be made, changed or deleted. */
export function useRoleWords(): Record<string, string> {
  const { t } = useLingui();
  return {
    feature_not_included: t`Your plan does not include roles of your own.`,
    role_name_taken: t`There is a role of this name already.`,
    role_in_use: t`Some people have this role. Give them another one first.`,
    role_not_found: t`This role does not exist any more.`,
    role_not_allowed: t`You can put only what you may do yourself into a role.`,
    too_many_roles: t`The workspace has as many roles as it may. Delete one first.`,
    permission_denied: t`Your role does not let you do that any more.`,
  };
}
