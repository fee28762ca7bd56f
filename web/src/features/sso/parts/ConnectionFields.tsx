import { Trans } from "@lingui/react/macro";
import { Field } from "@/ui/Field";
import { PasswordField } from "@/ui/PasswordField";
import type { Connection } from "../api";

export type ConnectionValues = {
  name: string;
  issuer: string;
  client_id: string;
  client_secret: string;
};

/** What a provider is called, and how we are known there; with `connection`, as it is now. */
export function ConnectionFields({ connection }: { connection?: Connection }) {
  return (
    <>
      <Field
        name="name"
        label={<Trans>Name</Trans>}
        hint={<Trans>What the button says: “Log in with …”</Trans>}
        defaultValue={connection?.name}
        required
        maxLength={120}
        autoComplete="off"
      />
      <Field
        name="issuer"
        type="url"
        label={<Trans>Issuer</Trans>}
        hint={
          connection ? (
            <Trans>
              With another issuer or client it begins anew: it is off, and everybody connects once
              more.
            </Trans>
          ) : (
            <Trans>The address that your provider calls issuer or authority.</Trans>
          )
        }
        placeholder="https://login.example.com"
        defaultValue={connection?.issuer}
        required
        autoComplete="off"
      />
      <Field
        name="client_id"
        label={<Trans>Client ID</Trans>}
        defaultValue={connection?.client_id}
        required
        autoComplete="off"
        spellCheck={false}
      />
      <PasswordField
        name="client_secret"
        label={connection ? <Trans>New client secret</Trans> : <Trans>Client secret</Trans>}
        // Otherwise browsers fill in the password of whoever is logged in, `off` or not.
        autoComplete="new-password"
      />
    </>
  );
}
