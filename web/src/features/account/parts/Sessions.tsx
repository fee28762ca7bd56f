import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { formatAgo, formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { toast } from "@/ui/Toast";
import { type OwnSession, ownSessionsQuery, useEndSession } from "../api";

/** Where the person is signed in; any of it can be ended from here. */
export function Sessions() {
  const { t } = useLingui();
  const { data: sessions } = useSuspenseQuery(ownSessionsQuery);
  const end = useEndSession();
  const endOne = (id: string | null) =>
    end.mutate(id, { onSuccess: () => toast({ title: t`Logged out there.` }) });
  return (
    <Section
      title={<Trans>Where you are signed in</Trans>}
      actions={
        sessions.length > 1 && (
          <Button
            kind="secondary"
            busy={end.isPending && end.variables === null}
            onClick={() => endOne(null)}
          >
            <Trans>Log out everywhere else</Trans>
          </Button>
        )
      }
    >
      {end.error && <Notice tone="danger">{wordsFor(end.error)}</Notice>}
      <ul className="grid divide-y divide-line">
        {sessions.map((session) => (
          <li key={session.id} className="flex flex-wrap items-center justify-between gap-3 py-3">
            <Words session={session} />
            {session.is_current ? (
              <Badge tone="success">
                <Trans>This one</Trans>
              </Badge>
            ) : (
              <Button
                kind="secondary"
                size="small"
                busy={end.isPending && end.variables === session.id}
                onClick={() => endOne(session.id)}
              >
                <Trans>Log out</Trans>
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Words({ session }: { session: OwnSession }) {
  const ago = formatAgo(session.last_seen_at);
  return (
    <span className="grid min-w-0">
      <span className="font-medium">{session.device ?? <Trans>A browser</Trans>}</span>
      <span
        className="text-caption text-quiet [overflow-wrap:anywhere]"
        title={formatTime(session.last_seen_at)}
      >
        {session.host} · <Trans>last used {ago}</Trans>
      </span>
    </span>
  );
}
