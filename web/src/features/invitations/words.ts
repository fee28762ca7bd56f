import { useLingui } from "@lingui/react/macro";
import { ApiError } from "@/lib/api";
import { formatNumber } from "@/lib/format";
import type { InvitationState, Outcome } from "./api";

/** Where an invitation stands, in a word. */
export function useStateNames(): Record<InvitationState, string> {
  const { t } = useLingui();
  return {
    pending: t`Unanswered`,
    expired: t`Expired`,
    accepted: t`Accepted`,
    declined: t`Declined`,
    revoked: t`Taken back`,
  };
}

/** What became of an address. */
export function useOutcomeNames(): Record<Outcome["outcome"], string> {
  const { t } = useLingui();
  return {
    invited: t`Invited`,
    already_invited: t`Invited before`,
    already_member: t`Belongs to the team`,
    invalid_address: t`Not an address`,
  };
}

/** Why people could not be invited, by a mail or by a link. */
export function useInvitationWords(): (error: Error | null) => Record<string, string> {
  const { t } = useLingui();
  return (error) => {
    const most = error instanceof ApiError ? error.problem.limit : undefined;
    const limit = typeof most === "number" ? formatNumber(most) : "";
    return {
      too_many_invitations: t`Your plan sends at most ${limit} invitations a day. Try again tomorrow, or invite fewer now.`,
      unknown_role: t`This role does not exist any more. Choose another.`,
      role_not_allowed: t`You can give only roles that may do no more than you.`,
      role_not_invitable: t`Nobody is invited as an owner. Invite them as an admin, then hand the workspace over.`,
      permission_denied: t`Your role does not let you do that any more.`,
      invitation_closed: t`That was answered or taken back meanwhile, or there is a newer invitation.`,
      invitation_not_found: t`This invitation does not exist any more.`,
      invitation_link_not_found: t`This link does not exist any more.`,
      too_many_attempts: t`That was sent a moment ago. Wait ten minutes, and send it at most five times a day.`,
      expiry_out_of_range: t`A link ends in the future, within 30 days.`,
    };
  };
}
