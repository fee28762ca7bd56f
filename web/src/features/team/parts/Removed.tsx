import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useState } from "react";
import { useSession } from "@/lib/access";
import { formatAgo, formatTime } from "@/lib/format";
import { Button } from "@/ui/Button";
import { Section } from "@/ui/Page";
import { Typed } from "@/ui/Typed";
import type { Member, Role } from "../api";
import { mayDecide } from "../rules";
import { Person } from "./Person";

const RestoreDialog = lazy(() => import("./RestoreDialog"));

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
  const [chosen, setChosen] = useState<Member | null>(null);
  return (
    <Section
      title={<Trans>Removed in the last 30 days</Trans>}
      description={<Trans>Whoever comes back logs in again and has what they had.</Trans>}
    >
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
                onClick={() => setChosen(member)}
              >
                <Trans>Bring back</Trans>
              </Button>
            )}
          </Person>
        ))}
      </ul>
      <Suspense>
        {chosen && <RestoreDialog member={chosen} roles={roles} onClose={() => setChosen(null)} />}
      </Suspense>
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
