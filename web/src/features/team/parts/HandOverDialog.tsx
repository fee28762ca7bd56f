import { Trans, useLingui } from "@lingui/react/macro";
import { useId, useState } from "react";
import { proof } from "@/lib/proof";
import { formState } from "@/lib/refusals";
import { useStore } from "@/lib/store";
import { Button } from "@/ui/Button";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Form } from "@/ui/Form";
import { toast } from "@/ui/Toast";
import type { Member } from "../api";
import { useStartTransfer } from "../mutations";
import { choiceLook } from "./RoleChoice";
import { useTransferWords } from "./refusals";

/** Ask somebody to be the owner. */
export default function HandOverDialog({
  heirs,
  onClose,
}: {
  heirs: readonly Member[];
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState("");
  const group = useId();
  const start = useStartTransfer();
  const words = useTransferWords();
  // The question who it is stands alone.
  const isProving = useStore(proof.wanted);
  const heir = heirs.find(({ id }) => id === chosen);
  const ask = () => {
    if (!heir) return;
    start.mutate(heir, {
      onSuccess: () => {
        onClose();
        toast({ title: t`A mail is on its way to ${heir.name}.` });
      },
    });
  };
  return (
    <Dialog
      open={!isProving}
      onOpenChange={onClose}
      title={<Trans>Hand over the workspace</Trans>}
      description={
        <Trans>They get a mail and have a week to agree. Until then you can take it back.</Trans>
      }
    >
      <Form {...formState(start, words)} onSubmit={ask}>
        <fieldset className="grid gap-2">
          <legend className="mb-2 font-medium text-caption">
            <Trans>To whom</Trans>
          </legend>
          {heirs.map(({ id, name, email }) => (
            <label key={id} className={choiceLook}>
              <input
                type="radio"
                name={group}
                checked={id === chosen}
                onChange={() => setChosen(id)}
                className="mt-1 size-4 shrink-0 accent-brand"
              />
              <span className="grid min-w-0 [overflow-wrap:anywhere]">
                <bdi className="font-medium">{name}</bdi>
                <span className="text-caption text-quiet">{email}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <FormActions onCancel={onClose}>
          <Button type="submit" busy={start.isPending} unavailable={!heir}>
            <Trans>Ask them</Trans>
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}
