import { useLingui } from "@lingui/react/macro";
import type { KeyState } from "./rules";

/** Where a key stands, in a word; nothing of one that simply works. */
export function useStateNames(): Record<KeyState, string | null> {
  const { t } = useLingui();
  return {
    works: null,
    ending: t`Ends soon`,
    replaced: t`Replaced`,
    suspended: t`On hold`,
    ended: t`Ended`,
  };
}

/** Why a key could not be made, changed or replaced. */
export function useKeyWords(): Record<string, string> {
  const { t } = useLingui();
  return {
    api_key_not_found: t`This key does not exist any more.`,
    api_key_rotated: t`This key was replaced already. Change the one that replaced it.`,
    scope_not_allowed: t`Your role does not allow all that this key may do. Choose less, or ask an owner.`,
    role_not_allowed: t`This service account may do more than you. Ask an owner.`,
    service_account_not_found: t`This service account does not exist any more.`,
    too_many_api_keys: t`The workspace has as many keys as it may. Revoke one first.`,
    expiry_in_past: t`That is over already. Choose a later end.`,
    permission_denied: t`Your role does not let you do that any more.`,
  };
}
