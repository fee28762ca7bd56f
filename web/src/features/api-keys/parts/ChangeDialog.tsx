import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { formatDate } from "@/lib/format";
import { proof } from "@/lib/proof";
import { formState } from "@/lib/refusals";
import { useStore } from "@/lib/store";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { toast } from "@/ui/Toast";
import type { ApiKey } from "../api";
import { useChangeApiKey } from "../mutations";
import { endOf, type Life, networksIn } from "../rules";
import { useKeyWords } from "../words";
import { AddressesField } from "./AddressesField";
import { useLives } from "./lives";

/** Give a key another name or end, or other addresses. What it may do stays: that is another key. */
export default function ChangeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useLingui();
  const change = useChangeApiKey();
  const words = useKeyWords();
  const lives = useLives();
  const [life, setLife] = useState<Life | "same">("same");
  // The question who it is stands alone.
  const isProving = useStore(proof.wanted);
  const end = apiKey.expires_at && formatDate(apiKey.expires_at);
  const done = () => {
    onClose();
    toast({ title: t`The key is changed.` });
  };
  return (
    <Dialog
      open={!isProving}
      onOpenChange={onClose}
      title={<Trans>Change a key</Trans>}
      description={<Trans>It takes effect within a second, for every program that uses it.</Trans>}
    >
      <Form<{ name: string; addresses?: string }>
        {...formState(change, words)}
        onSubmit={({ name, addresses }) =>
          change.mutate(
            {
              id: apiKey.id,
              body: {
                name,
                addresses: networksIn(addresses),
                ...(life === "same" ? {} : { expires_at: endOf(life) }),
              },
            },
            { onSuccess: done },
          )
        }
      >
        <Field
          name="name"
          label={<Trans>Name</Trans>}
          defaultValue={apiKey.name}
          maxLength={120}
          required
          autoComplete="off"
        />
        <ChoiceGroup<Life | "same">
          name="life"
          label={<Trans>It ends</Trans>}
          value={life}
          onChange={setLife}
          options={[
            { value: "same", label: end ? t`as now: ${end}` : t`as now: never` },
            ...lives.filter(({ value }) => value !== "never" || end),
          ]}
        />
        <AddressesField defaultValue={(apiKey.addresses ?? []).join(", ")} />
        <FormActions onCancel={onClose}>
          <Button type="submit" busy={change.isPending}>
            <Trans>Save</Trans>
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  );
}
