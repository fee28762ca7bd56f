import { Trans, useLingui } from "@lingui/react/macro";
import { wordsFor } from "@/lib/refusals";
import { ConfirmDialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import type { Member } from "../api";
import { useLogMemberOut } from "../mutations";
import { useMemberWords } from "./refusals";

/** Asks before all of somebody's sessions here are ended, and tells what that means. */
export default function LogOutDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useLingui();
  const logOut = useLogMemberOut();
  const words = useMemberWords();
  const { name } = member;
  const done = () => {
    toast({ title: t`${name} is logged out of this workspace.` });
    onClose();
  };
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={
        <Trans>
          Log <Typed text={name} /> out?
        </Trans>
      }
      description={<Trans>When a phone or a laptop is lost, for one.</Trans>}
      confirm={<Trans>Log them out</Trans>}
      busy={logOut.isPending}
      onConfirm={() => logOut.mutate(member, { onSuccess: done })}
    >
      {logOut.error && <Notice tone="danger">{wordsFor(logOut.error, words)}</Notice>}
      <ul className="grid list-disc gap-1.5 pl-5">
        <li>
          <Trans>They are logged out of this workspace within a second, on every device.</Trans>
        </li>
        <li>
          <Trans>To come back they prove who they are. They keep their role.</Trans>
        </li>
        <li>
          <Trans>API keys that they made go on.</Trans>
        </li>
      </ul>
    </ConfirmDialog>
  );
}
