import { Trans, useLingui } from "@lingui/react/macro";
import { useSession } from "@/lib/access";
import { formatAgo, formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import { type Member, type Role, useRestoreMember } from "../api";
import { mayDecide } from "../rules";
import { Person } from "./Person";
import { useRestoreWords } from "./refusals";

// What somebody gets whose role does not exist any more.
const LEAST = "viewer";

/** Those who were removed lately and can be brought back. */
export function Removed({
  removed,
  all,
  roles,
}: {
  removed: Member[];
  all: Member[];
  roles: Role[];
}) {
  const { t } = useLingui();
  const { permissions } = useSession();
  const restore = useRestoreMember();
  const words = useRestoreWords();
  const bringBack = (member: Member) =>
    restore.mutate(member.role === null ? { member, role: LEAST } : { member }, {
      onSuccess: () => toast({ title: t`${member.name} belongs to the workspace again.` }),
    });
  return (
    <Section
      title={<Trans>Removed in the last 30 days</Trans>}
      description={
        <Trans>
          Whoever comes back logs in again and has what they had. API keys that they made stay off.
        </Trans>
      }
    >
      {restore.error && <Notice tone="danger">{wordsFor(restore.error, words)}</Notice>}
      <ul className="grid divide-y divide-line">
        {removed.map((member) => (
          <Person key={member.id} person={member} note={<Since member={member} all={all} />}>
            {mayDecide(
              permissions,
              roles.find(({ key }) => key === member.role),
            ) && (
              <Button
                kind="secondary"
                size="small"
                aria-label={t`Bring back ${member.name}`}
                busy={restore.isPending && restore.variables.member.id === member.id}
                onClick={() => bringBack(member)}
              >
                <Trans>Bring back</Trans>
              </Button>
            )}
          </Person>
        ))}
      </ul>
    </Section>
  );
}

function Since({ member, all }: { member: Member; all: Member[] }) {
  const { removed_at, removed_by, user_id } = member;
  if (!removed_at) return null;
  const ago = formatAgo(removed_at);
  const remover = all.find((each) => each.user_id === removed_by);
  return (
    <time dateTime={removed_at} title={formatTime(removed_at)}>
      {removed_by === user_id && <Trans>left {ago}</Trans>}
      {removed_by !== user_id && remover && (
        <Trans>
          removed {ago} by <Typed text={remover.name} />
        </Trans>
      )}
      {removed_by !== user_id && !remover && <Trans>removed {ago}</Trans>}
    </time>
  );
}
