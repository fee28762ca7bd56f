import { Trans, useLingui } from "@lingui/react/macro";
import { formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { ConfirmDialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import type { Member } from "../api";
import { useResetFactors } from "../mutations";

/** Asks before the second factors of somebody who has lost them are taken away, and tells what that means. */
export default function ResetDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useLingui();
  const reset = useResetFactors();
  const { name } = member;
  const asked = (due: string) => {
    const time = formatTime(due);
    toast({ title: t`${name} can log in without a second factor from ${time} on.` });
    onClose();
  };
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={
        <Trans>
          Has <Typed text={name} /> lost all second factors?
        </Trans>
      }
      description={<Trans>Make sure that it is really they who ask: call them, for one.</Trans>}
      confirm={<Trans>Take them away</Trans>}
      busy={reset.isPending}
      onConfirm={() => reset.mutate(member, { onSuccess: asked })}
    >
      {reset.error && (
        <Notice tone="danger">
          {wordsFor(reset.error, {
            member_without_factor: t`${name} has no second factor.`,
            role_not_allowed: t`${name} may do more than you.`,
          })}
        </Notice>
      )}
      <ul className="grid list-disc gap-1.5 pl-5">
        <li>
          <Trans>It happens in a day. They get a mail at once, and can say no.</Trans>
        </li>
        <li>
          <Trans>Then app, passkeys and recovery codes are gone, in all their workspaces.</Trans>
        </li>
        <li>
          <Trans>They are logged out everywhere, and log in with their password.</Trans>
        </li>
      </ul>
    </ConfirmDialog>
  );
}
