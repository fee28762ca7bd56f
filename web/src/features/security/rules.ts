import type { SignIn } from "./api";

/** Where the rule stands: nobody is asked, everybody is, or everybody will be. */
export type RuleState = { is: "off" } | { is: "on" } | { is: "due"; at: string };

export function stateOf({ mfa_required, mfa_due_at }: SignIn, now = Date.now()): RuleState {
  if (!mfa_required) return { is: "off" };
  if (mfa_due_at && new Date(mfa_due_at).getTime() > now) return { is: "due", at: mfa_due_at };
  return { is: "on" };
}
