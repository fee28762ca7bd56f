import { Trans } from "@lingui/react/macro";
import { wordsFor } from "@/lib/refusals";
import { ConfirmDialog } from "@/ui/Dialog";
import { Notice } from "@/ui/Notice";
import type { Connection } from "../api";
import { useChange, useDelete } from "../mutations";
import { useChangeRefusals } from "../words";

export type Asked = "enforce" | "disable" | "delete";

/** Asks once more before people are logged out. */
export default function Question({
  asked,
  connection,
  onDone,
}: {
  asked: Asked;
  connection: Connection;
  onDone: () => void;
}) {
  const change = useChange(connection.id);
  const remove = useDelete(connection.id);
  const refusals = useChangeRefusals();
  const error = change.error ?? remove.error;
  const isBusy = change.isPending || remove.isPending;
  const done = { onSuccess: onDone };
  const refusal = error && <Notice tone="danger">{wordsFor(error, refusals)}</Notice>;
  const common = { open: true, onOpenChange: onDone, busy: isBusy, children: refusal };
  if (asked === "enforce") {
    return (
      <ConfirmDialog
        {...common}
        title={<Trans>Require this log-in for everybody?</Trans>}
        description={
          <Trans>
            Everybody else who came in with a password is logged out now. You and other owners still
            get in with a password and a second factor, should the provider fail.
          </Trans>
        }
        confirm={<Trans>Require it</Trans>}
        kind="primary"
        onConfirm={() => change.mutate({ is_enforced: true }, done)}
      />
    );
  }
  if (asked === "disable") {
    return (
      <ConfirmDialog
        {...common}
        title={<Trans>Turn this log-in off?</Trans>}
        description={<Trans>Whoever came in by it is logged out now.</Trans>}
        confirm={<Trans>Turn it off</Trans>}
        onConfirm={() => change.mutate({ is_enabled: false }, done)}
      />
    );
  }
  return (
    <ConfirmDialog
      {...common}
      title={<Trans>Remove this provider?</Trans>}
      description={
        <Trans>
          Whoever came in by it is logged out now, and gets a mail that says how to log in with a
          password.
        </Trans>
      }
      confirm={<Trans>Remove</Trans>}
      onConfirm={() => remove.mutate(undefined, done)}
    />
  );
}
