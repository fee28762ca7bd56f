import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCan } from "@/lib/access";
import { formatAgo } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { ConfirmDialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import { keysOfQuery, type Member } from "../api";
import { useRemoveMember } from "../mutations";
import { useMemberWords } from "./refusals";

/** Asks before somebody is removed, and tells what that means. */
export default function RemoveDialog({
  member,
  onRemoved,
  onClose,
}: {
  member: Member;
  onRemoved: () => void;
  onClose: () => void;
}) {
  const remove = useRemoveMember();
  const words = useMemberWords();
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={
        <Trans>
          Remove <Typed text={member.name} />?
        </Trans>
      }
      description={<Trans>You can bring them back for 30 days.</Trans>}
      confirm={<Trans>Remove</Trans>}
      busy={remove.isPending}
      onConfirm={() => remove.mutate(member, { onSuccess: onRemoved })}
    >
      {remove.error && <Notice tone="danger">{wordsFor(remove.error, words)}</Notice>}
      <ul className="grid list-disc gap-1.5 pl-5">
        <li>
          <Trans>They are logged out of this workspace within a second, on every device.</Trans>
        </li>
        <li>
          <Trans>API keys that they made stop working.</Trans>
          <Keys member={member} />
        </li>
        <li>
          <Trans>Their photos and everything else they made stay.</Trans>
        </li>
        <li>
          <Trans>Their seat is free for somebody else.</Trans>
        </li>
      </ul>
    </ConfirmDialog>
  );
}

/** The programs that would be refused, and what keeps them going. */
function Keys({ member }: { member: Member }) {
  const canManage = useCan("api_keys:manage");
  // It may be late or away: the question stands without it.
  const { data: keys } = useQuery({ ...keysOfQuery(member), enabled: canManage });
  if (!keys?.length) return null;
  return (
    <>
      <ul className="grid list-[circle] gap-1 py-1 pl-5 text-quiet [overflow-wrap:anywhere]">
        {keys.map(({ id, name, last_used_at }) => (
          <li key={id}>
            <bdi>{name}</bdi>, <LastUse instant={last_used_at} />
          </li>
        ))}
      </ul>
      <p className="text-quiet">
        <Trans>
          Give programs that should go on a key of a{" "}
          <Link to="/office/api-keys" className="text-brand-text underline underline-offset-4">
            service account
          </Link>{" "}
          first.
        </Trans>
      </p>
    </>
  );
}

function LastUse({ instant }: { instant: string | null }) {
  if (instant === null) return <Trans>never used</Trans>;
  const ago = formatAgo(instant);
  return <Trans>last used {ago}</Trans>;
}
