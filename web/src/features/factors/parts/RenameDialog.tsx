import { Trans } from "@lingui/react/macro";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { type Passkey, useRenamePasskey } from "../api";

export default function RenameDialog({
  passkey,
  onClose,
}: {
  passkey: Passkey;
  onClose: () => void;
}) {
  const rename = useRenamePasskey();
  return (
    <Dialog open onOpenChange={onClose} title={<Trans>Rename the passkey</Trans>}>
      <Form<{ name: string }>
        {...formState(rename)}
        onSubmit={({ name }) => rename.mutate({ id: passkey.id, name }, { onSuccess: onClose })}
      >
        <Field
          name="name"
          label={<Trans>Name</Trans>}
          defaultValue={passkey.name}
          required
          maxLength={120}
          autoComplete="off"
          autoFocus
        />
        <Button type="submit" busy={rename.isPending}>
          <Trans>Save</Trans>
        </Button>
      </Form>
    </Dialog>
  );
}
