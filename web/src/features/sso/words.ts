import { useLingui } from "@lingui/react/macro";

/** Why a log-in at the company did not work, by the code of the refusal. */
export function useRefusals(): Readonly<Record<string, string>> {
  const { t } = useLingui();
  return {
    sso_attempt_invalid: t`This log-in was finished already, took too long, or was begun in another browser.`,
    sso_not_a_member: t`Your company’s log-in knows you, but you do not belong to this workspace yet. Ask one of its owners to invite you.`,
    sso_link_first: t`You own this workspace: log in with your password first, then test the log-in under Office, Single sign-on. That connects it with your account.`,
    sso_refused: t`Your company’s log-in has said no, or you have cancelled it.`,
    sso_taken: t`This account at your company belongs to somebody else here, or another one belongs to you. Ask whoever looks after the log-in.`,
    sso_provider_unavailable: t`Your company’s log-in does not answer at the moment. Try again in a few minutes.`,
    sso_connection_not_found: t`This way to log in does not exist any more.`,
    no_seat_left: t`You would be new here, but the workspace has no seat left. Ask one of its owners.`,
  };
}

/** Why a connection was not changed. */
export function useChangeRefusals(): Readonly<Record<string, string>> {
  const { t } = useLingui();
  return {
    sso_provider_invalid: t`No OpenID Connect provider answers at this issuer. Copy it exactly as your provider shows it; it begins with https://.`,
    sso_not_tested: t`Test the log-in first. To require it, the test must be yours and at most ten minutes old.`,
    sso_factor_needed: t`Set up a second factor in your account first: it is how you get in when the provider fails.`,
    sso_domain_not_proved: t`The record is not there yet. It can take an hour until others see it; then check again.`,
    sso_not_included: t`Your plan does not include single sign-on.`,
    unknown_role: t`One of the roles does not exist any more.`,
  };
}

/** The name of a role, by its key; those of the workspace are called as it calls them. */
export function useRoleName(): (role: { key: string; name: string }) => string {
  const { t } = useLingui();
  const names: Record<string, string> = {
    admin: t`Admin`,
    member: t`Member`,
    viewer: t`Viewer`,
  };
  return ({ key, name }) => names[key] ?? name;
}
