import { Trans } from "@lingui/react/macro";
import { useBrand } from "@/lib/brand";
import { wordsFor } from "@/lib/refusals";
import { ConfirmDialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import type { Member } from "../api";
import { useLeaveTeam } from "../mutations";
import { useMemberWords } from "./refusals";

/** Asks before somebody leaves, and tells what that means. */
export default function LeaveDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { name } = useBrand();
  const leave = useLeaveTeam();
  const words = useMemberWords();
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={
        <Trans>
          Leave <Typed text={name} />?
        </Trans>
      }
      description={
        <Trans>For 30 days, those who manage people here can bring you back; you cannot.</Trans>
      }
      confirm={<Trans>Leave</Trans>}
      busy={leave.isPending || leave.isSuccess}
      onConfirm={() => leave.mutate(member)}
    >
      {leave.error && <Notice tone="danger">{wordsFor(leave.error, words)}</Notice>}
      <ul className="grid list-disc gap-1.5 pl-5">
        <li>
          <Trans>You are logged out of this workspace at once, on every device.</Trans>
        </li>
        <li>
          <Trans>API keys that you made stop working.</Trans>
        </li>
        <li>
          <Trans>Photos and everything else you made stay here.</Trans>
        </li>
        <li>
          <Trans>Your account and your other workspaces stay as they are.</Trans>
        </li>
      </ul>
    </ConfirmDialog>
  );
}
