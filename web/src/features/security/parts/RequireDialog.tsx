import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Dialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { useChangeSignIn } from "../api";

type Grace = "0" | "7" | "14" | "30";

/** From when on everybody is asked for a second factor. */
export default function RequireDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const change = useChangeSignIn();
  const [grace, setGrace] = useState<Grace>("14");
  const save = () =>
    change.mutate(
      { mfa_required: true, grace_days: Number(grace) },
      {
        onSuccess: () => {
          toast({ title: t`Saved.` });
          onClose();
        },
      },
    );
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={<Trans>Ask everybody for a second factor?</Trans>}
      actions={
        <>
          <Button busy={change.isPending} onClick={save}>
            <Trans>Ask for it</Trans>
          </Button>
          <Button kind="secondary" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
        </>
      }
    >
      {change.error && <Notice tone="danger">{wordsFor(change.error)}</Notice>}
      <ChoiceGroup<Grace>
        name="grace"
        label={<Trans>Time to set one up</Trans>}
        value={grace}
        onChange={setGrace}
        options={[
          { value: "0", label: t`None` },
          { value: "7", label: t`7 days` },
          { value: "14", label: t`14 days` },
          { value: "30", label: t`30 days` },
        ]}
      />
      <ul className="grid list-disc gap-1.5 pl-5">
        {grace === "0" ? (
          <li>
            <Trans>
              It takes effect within a second. Whoever has shown none, you too, can do nothing until
              they have.
            </Trans>
          </li>
        ) : (
          <>
            <li>
              <Trans>Until then, whoever has none sees a reminder on every page.</Trans>
            </li>
            <li>
              <Trans>After that they can do nothing here until they have set one up.</Trans>
            </li>
          </>
        )}
        <li>
          <Trans>New people set one up when they come in first.</Trans>
        </li>
        <li>
          <Trans>Who loses a phone uses a recovery code, or asks an owner.</Trans>
        </li>
      </ul>
    </Dialog>
  );
}
