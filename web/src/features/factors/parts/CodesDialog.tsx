import { Trans } from "@lingui/react/macro";
import { RequiredDialog } from "@/ui/Dialog";
import { CodesOnce } from "./CodesOnce";

/** New recovery codes over the page, which goes on when the person has kept them. */
export default function CodesDialog({
  codes,
  onKept,
}: {
  codes: readonly string[];
  onKept: () => void;
}) {
  return (
    <RequiredDialog open title={<Trans>Your recovery codes</Trans>}>
      <CodesOnce codes={codes} onKept={onKept} />
    </RequiredDialog>
  );
}
