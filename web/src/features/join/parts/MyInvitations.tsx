import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { formatDate } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import { type OwnInvitation, ownInvitationsQuery, useAcceptOwn, useDeclineOwn } from "../api";
import { useJoinWords, useRoleWord } from "../words";

/** The workspaces that ask for the person: nothing if there are none. */
export function MyInvitations() {
  // It may be late or away: one's workspaces are useful without it.
  const { data: invitations } = useQuery(ownInvitationsQuery);
  if (!invitations?.length) return null;
  return (
    <section className="grid gap-3">
      <h2 className="font-semibold text-lead">
        <Trans>You are invited</Trans>
      </h2>
      <ul className="grid gap-2">
        {invitations.map((invitation) => (
          <Line key={invitation.id} invitation={invitation} />
        ))}
      </ul>
    </section>
  );
}

function Line({ invitation }: { invitation: OwnInvitation }) {
  const { t } = useLingui();
  const { tenant, role, message, expires_at } = invitation;
  const roleWord = useRoleWord()(role);
  const words = useJoinWords();
  const accept = useAcceptOwn();
  const decline = useDeclineOwn();
  const date = formatDate(expires_at);
  const error = accept.error ?? decline.error;
  return (
    <li className="grid gap-3 rounded-card border border-line bg-surface px-4 py-4">
      <span className="grid min-w-0 [overflow-wrap:anywhere]">
        <bdi className="font-medium">{tenant.name}</bdi>
        <span className="text-caption text-quiet">
          {roleWord && `${roleWord} · `}
          <Trans>until {date}</Trans>
        </span>
        {message && <bdi className="mt-1 text-quiet">{message}</bdi>}
      </span>
      {error && <Notice tone="danger">{wordsFor(error, words)}</Notice>}
      <span className="flex flex-wrap gap-3">
        <Button
          size="small"
          aria-label={t`Join ${tenant.name}`}
          busy={accept.isPending || accept.isSuccess}
          onClick={() =>
            accept.mutate(invitation, {
              onSuccess: ({ tenant: { url } }) => location.assign(`${url}/enter`),
            })
          }
        >
          <Trans>Join</Trans>
        </Button>
        <Button
          kind="secondary"
          size="small"
          aria-label={t`Decline the invitation of ${tenant.name}`}
          busy={decline.isPending}
          onClick={() =>
            decline.mutate(invitation, {
              onSuccess: () =>
                toast({
                  title: (
                    <Trans>
                      You have said no to <Typed text={tenant.name} />.
                    </Trans>
                  ),
                }),
            })
          }
        >
          <Trans>Decline</Trans>
        </Button>
      </span>
    </li>
  );
}
