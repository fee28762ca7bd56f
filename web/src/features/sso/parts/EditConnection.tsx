import { Trans } from "@lingui/react/macro";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { PasswordField } from "@/ui/PasswordField";
import { type Connection, useChange } from "../api";
import { useChangeRefusals } from "../words";

type Values = { name: string; issuer: string; client_id: string; client_secret: string };

/** What the connection is called, and how we are known there. */
export default function EditConnection({
  connection,
  onClose,
}: {
  connection: Connection;
  onClose: () => void;
}) {
  const change = useChange(connection.id);
  const refusals = useChangeRefusals();
  return (
    <Form<Values>
      {...formState(change, refusals, { at: { sso_provider_invalid: "issuer" } })}
      className="rounded-card bg-raised p-4"
      onSubmit={({ name, issuer, client_id, client_secret }) =>
        change.mutate(
          {
            name,
            // What stays is not sent: another issuer or client would begin anew.
            ...(issuer !== connection.issuer && { issuer }),
            ...(client_id !== connection.client_id && { client_id }),
            ...(client_secret && { client_secret }),
          },
          { onSuccess: onClose },
        )
      }
    >
      <Field
        name="name"
        label={<Trans>Name</Trans>}
        defaultValue={connection.name}
        required
        maxLength={120}
        autoComplete="off"
      />
      <Field
        name="issuer"
        type="url"
        label={<Trans>Issuer</Trans>}
        hint={
          <Trans>
            With another issuer or client it begins anew: it is off, and everybody connects once
            more.
          </Trans>
        }
        defaultValue={connection.issuer}
        required
        autoComplete="off"
      />
      <Field
        name="client_id"
        label={<Trans>Client ID</Trans>}
        defaultValue={connection.client_id}
        required
        autoComplete="off"
        spellCheck={false}
      />
      <PasswordField
        name="client_secret"
        label={<Trans>New client secret</Trans>}
        autoComplete="off"
      />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" busy={change.isPending}>
          <Trans>Save</Trans>
        </Button>
        <Button kind="secondary" onClick={onClose}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </Form>
  );
}
