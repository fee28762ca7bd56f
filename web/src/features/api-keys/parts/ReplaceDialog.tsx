import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useIdempotencyKey } from "@/lib/api";
import { proof } from "@/lib/proof";
import { formState } from "@/lib/refusals";
import { useStore } from "@/lib/store";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Form } from "@/ui/Form";
import { Typed } from "@/ui/Typed";
import type { ApiKey } from "../api";
import { useReplaceApiKey } from "../mutations";
import { useKeyWords } from "../words";
import { Secret } from "./Secret";

type Hours = "0" | "1" | "24" | "168" | "720";

/** Make a key in the place of another one, which goes on working for a while. */
export default function ReplaceDialog({
  apiKey,
  onClose,
}: {
  apiKey: ApiKey;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { key } = useIdempotencyKey();
  const replace = useReplaceApiKey();
  const words = useKeyWords();
  const [hours, setHours] = useState<Hours>("24");
  // The question who it is stands alone.
  const isProving = useStore(proof.wanted);
  if (replace.data) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={<Trans>Your new key</Trans>}
        description={
          <Trans>Keep it where only your program can read it. It is shown only this once.</Trans>
        }
        actions={
          <Button onClick={onClose}>
            <Trans>I have stored it</Trans>
          </Button>
        }
      >
        <Secret made={replace.data} />
      </Dialog>
    );
  }
  return (
    <Dialog
      open={!isProving}
      onOpenChange={onClose}
      title={
        <Trans>
          Replace “<Typed text={apiKey.name} />”
        </Trans>
      }
      description={
        <Trans>
          The new key has the same name, may do the same and comes from the same addresses; only its
          secret is another.
        </Trans>
      }
    >
      <Form
        {...formState(replace, words)}
        onSubmit={() =>
          replace.mutate({ id: apiKey.id, key, body: { overlap_hours: Number(hours) } })
        }
      >
        <ChoiceGroup<Hours>
          name="hours"
          label={<Trans>The old one goes on working for</Trans>}
          value={hours}
          onChange={setHours}
          options={[
            { value: "1", label: t`an hour` },
            { value: "24", label: t`a day` },
            { value: "168", label: t`a week` },
            { value: "720", label: t`30 days` },
            { value: "0", label: t`not a moment longer` },
          ]}
        />
        <FormActions onCancel={onClose}>
          <Button type="submit" busy={replace.isPending}>
            <Trans>Make the new key</Trans>
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}
