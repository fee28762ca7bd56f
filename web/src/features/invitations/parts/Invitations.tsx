import { Trans, useLingui } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type Role, useEveryMember, useRoleName } from "@/features/team";
import { formatAgo, formatDate, formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import type { Tone } from "@/ui/Notice";
import { Notice } from "@/ui/Notice";
import { ShowMore } from "@/ui/ShowMore";
import { Skeleton } from "@/ui/Skeleton";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import { type Invitation, type InvitationState, invitationsQuery } from "../api";
import { useResend, useRevoke } from "../mutations";
import { useInvitationWords, useStateNames } from "../words";

const TONES: Record<InvitationState, Tone> = {
  pending: "info",
  expired: "warn",
  accepted: "success",
  declined: "danger",
  revoked: "info",
};

/** The invitations of one state, and what can be done about each. */
export function Invitations({ state, roles }: { state: InvitationState; roles: readonly Role[] }) {
  const navigate = useNavigate();
  const list = useInfiniteQuery(invitationsQuery(state));
  const { data, error } = list;
  const names = useStateNames();
  const words = useInvitationWords();
  const all = data?.pages.flatMap(({ items }) => items);
  return (
    <>
      <ChoiceGroup<InvitationState>
        name="state"
        label={<Trans>Show</Trans>}
        value={state}
        onChange={(next) =>
          void navigate({
            to: "/office/team/invitations",
            search: { state: next === "pending" ? undefined : next },
            replace: true,
          })
        }
        options={(Object.keys(names) as InvitationState[]).map((each) => ({
          value: each,
          label: names[each],
        }))}
      />
      {error && <Notice tone="danger">{wordsFor(error, words(error))}</Notice>}
      {!all && !error && <Skeleton className="min-h-20" />}
      {all?.length === 0 && <None state={state} />}
      {all && all.length > 0 && (
        <ul className="grid divide-y divide-line">
          {all.map((invitation) => (
            <Line
              key={invitation.id}
              invitation={invitation}
              role={roles.find(({ key }) => key === invitation.role)}
            />
          ))}
        </ul>
      )}
      <ShowMore of={list} />
    </>
  );
}

function None({ state }: { state: InvitationState }) {
  return (
    <p className="text-quiet">
      {state === "pending" ? (
        <Trans>Nobody is waiting to answer.</Trans>
      ) : (
        <Trans>None in the last 30 days.</Trans>
      )}
    </p>
  );
}

function Line({ invitation, role }: { invitation: Invitation; role: Role | undefined }) {
  const { t } = useLingui();
  const roleName = useRoleName();
  const names = useStateNames();
  const words = useInvitationWords();
  const resend = useResend();
  const revoke = useRevoke();
  const { email, state } = invitation;
  const error = resend.error ?? revoke.error;
  return (
    <li className="grid gap-2 py-4">
      <span className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <span className="grid min-w-0 flex-1 basis-56 [overflow-wrap:anywhere]">
          <bdi className="font-medium">{email}</bdi>
          <span className="text-caption text-quiet">
            <bdi>{roleName(role)}</bdi>
            {" · "}
            <When invitation={invitation} />
          </span>
        </span>
        <Badge tone={TONES[state]}>{names[state]}</Badge>
        {(state === "pending" || state === "expired") && (
          <span className="flex flex-wrap gap-3">
            <Button
              kind="secondary"
              size="small"
              aria-label={t`Send again to ${email}`}
              busy={resend.isPending}
              onClick={() =>
                resend.mutate(invitation, {
                  onSuccess: () => toast({ title: t`Another mail is on its way to ${email}.` }),
                })
              }
            >
              <Trans>Send again</Trans>
            </Button>
            <Button
              kind="secondary"
              size="small"
              aria-label={t`Take back the invitation of ${email}`}
              busy={revoke.isPending}
              onClick={() =>
                revoke.mutate(invitation, {
                  onSuccess: () =>
                    toast({ title: t`The link in the mail does not work any more.` }),
                })
              }
            >
              <Trans>Take back</Trans>
            </Button>
          </span>
        )}
      </span>
      {error && (
        <p role="alert" className="text-caption text-danger">
          {wordsFor(error, words(error))}
        </p>
      )}
    </li>
  );
}

function When({ invitation }: { invitation: Invitation }) {
  const { sent_at, expires_at, state, invited_by } = invitation;
  const inviter = useEveryMember().find(({ user_id }) => user_id === invited_by);
  const sent = formatAgo(sent_at);
  const date = formatDate(expires_at);
  return (
    <>
      <time dateTime={sent_at} title={formatTime(sent_at)}>
        {inviter ? (
          <Trans>
            sent {sent} by <Typed text={inviter.name} />
          </Trans>
        ) : (
          <Trans>sent {sent}</Trans>
        )}
      </time>
      {state === "pending" && (
        <time dateTime={expires_at} title={formatTime(expires_at)}>
          {" · "}
          <Trans>until {date}</Trans>
        </time>
      )}
    </>
  );
}
