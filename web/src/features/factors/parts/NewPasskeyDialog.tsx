import { Trans, useLingui } from "@lingui/react/macro";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { type NewPasskey, useAddPasskey } from "../api";
import { deviceOf } from "../rules";

/** Names a passkey, and has the browser make it. */
export default function NewPasskeyDialog({
  begun,
  onAdded,
  onClose,
}: {
  begun: NewPasskey;
  onAdded: (codes: string[] | null) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const add = useAddPasskey();
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={<Trans>Add a passkey</Trans>}
      description={
        <Trans>
          Your device keeps it, and asks for your finger, face or PIN. You log in with it without a
          password.
        </Trans>
      }
    >
      <Form<{ name: string }>
        {...formState(add, {
          challenge_invalid: t`That took too long. Close this, and begin again.`,
          wrong_passkey: t`This browser has made a passkey that cannot be used here.`,
        })}
        onSubmit={({ name }) => add.mutate({ begun, name }, { onSuccess: onAdded })}
      >
        <Field
          name="name"
          label={<Trans>What do you call it?</Trans>}
          hint={<Trans>So that you know later which one it is.</Trans>}
          defaultValue={deviceOf(navigator.userAgent) || t`My passkey`}
          required
          maxLength={120}
          autoComplete="off"
        />
        <Button type="submit" busy={add.isPending}>
          <Trans>Go on</Trans>
        </Button>
      </Form>
    </Dialog>
  );
}
