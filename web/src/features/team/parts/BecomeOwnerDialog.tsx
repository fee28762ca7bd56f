import { Trans, useLingui } from "@lingui/react/macro";
import { proof } from "@/lib/proof";
import { wordsFor } from "@/lib/refusals";
import { useStore } from "@/lib/store";
import { ConfirmDialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import type { Transfer } from "../api";
import { useConfirmTransfer } from "../mutations";
import { useTransferWords } from "./refusals";

/** Tells the one who was asked what it means, before they say yes. */
export default function BecomeOwnerDialog({
  transfer,
  name,
  onClose,
}: {
  transfer: Transfer;
  name: string;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const confirm = useConfirmTransfer();
  const words = useTransferWords();
  // The question who it is stands alone.
  const isProving = useStore(proof.wanted);
  const done = () => {
    onClose();
    toast({ title: t`You are the owner of this workspace now.` });
  };
  return (
    <ConfirmDialog
      open={!isProving}
      onOpenChange={onClose}
      title={<Trans>Become the owner?</Trans>}
      confirm={<Trans>Become the owner</Trans>}
      kind="primary"
      busy={confirm.isPending}
      onConfirm={() => confirm.mutate(transfer, { onSuccess: done })}
    >
      {confirm.error && <Notice tone="danger">{wordsFor(confirm.error, words)}</Notice>}
      <ul className="grid list-disc gap-1.5 pl-5">
        <li>
          <Trans>
            You may do everything here, also decide about the plan and delete the workspace.
          </Trans>
        </li>
        <li>
          <Trans>
            <Typed text={name} /> becomes an admin, at the same moment.
          </Trans>
        </li>
      </ul>
    </ConfirmDialog>
  );
}
