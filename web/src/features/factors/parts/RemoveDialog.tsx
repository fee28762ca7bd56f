import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { wordsFor } from "@/lib/refusals";
import { ConfirmDialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";

/** Asks before a factor is taken away, and tells what that means. */
export default function RemoveDialog({
  title,
  isLast,
  busy,
  error,
  onConfirm,
  onClose,
}: {
  title: ReactNode;
  isLast: boolean;
  busy: boolean;
  error: Error | null;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={title}
      confirm={<Trans>Remove</Trans>}
      busy={busy}
      onConfirm={onConfirm}
    >
      {error && <Notice tone="danger">{wordsFor(error)}</Notice>}
      <ul className="grid list-disc gap-1.5 pl-5">
        <li>
          <Trans>All your other sessions end.</Trans>
        </li>
        {isLast && (
          <>
            <li>
              <Trans>It is your last one: your recovery codes go with it.</Trans>
            </li>
            <li>
              <Trans>
                From then on your password alone lets somebody in; workspaces that ask for more do
                not let you in until you set up another one.
              </Trans>
            </li>
          </>
        )}
      </ul>
    </ConfirmDialog>
  );
}
