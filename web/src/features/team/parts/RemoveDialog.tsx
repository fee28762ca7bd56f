import { Trans } from "@lingui/react/macro";
import { wordsFor } from "@/lib/refusals";
import { ConfirmDialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import { type Member, useRemoveMember } from "../api";
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
