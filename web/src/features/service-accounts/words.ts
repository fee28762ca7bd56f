import { useLingui } from "@lingui/react/macro";

/** Why a service account could not be made, changed or removed. */
export function useAccountWords(): Record<string, string> {
  const { t } = useLingui();
  return {
    service_account_name_taken: t`There is a service account of this name already.`,
    service_account_not_found: t`This service account does not exist any more.`,
    too_many_service_accounts: t`The workspace has as many service accounts as it may. Remove one first.`,
    unknown_role: t`This role does not exist any more. Choose another.`,
    role_for_people: t`Only people can own a workspace. Choose another role.`,
    role_not_allowed: t`You can decide only about accounts and roles that may do no more than you.`,
    permission_denied: t`Your role does not let you do that any more.`,
  };
}
