import { Trans } from "@lingui/react/macro";
import { Dialog } from "@/ui/Dialog";
import type { NewApp } from "../api";
import { NewAppSteps } from "./NewAppSteps";

/** Sets an app for codes up, over the page. */
export default function NewAppDialog({
  begun,
  onAdded,
  onClose,
}: {
  begun: NewApp;
  onAdded: (codes: string[] | null) => void;
  onClose: () => void;
}) {
  return (
    <Dialog open onOpenChange={onClose} title={<Trans>Set up an app for codes</Trans>}>
      <NewAppSteps begun={begun} onAdded={onAdded} />
    </Dialog>
  );
}
