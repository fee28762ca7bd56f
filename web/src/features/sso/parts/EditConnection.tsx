import { Trans } from "@lingui/react/macro";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Form } from "@/ui/Form";
import type { Connection } from "../api";
import { useChange } from "../mutations";
import { useChangeRefusals } from "../words";
import { ConnectionFields, type ConnectionValues } from "./ConnectionFields";

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
    <Form<ConnectionValues>
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
      <ConnectionFields connection={connection} />
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
