import { Trans } from "@lingui/react/macro";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Section } from "@/ui/Page";
import { PasswordField } from "@/ui/PasswordField";
import { useConnect } from "../api";
import { useChangeRefusals } from "../words";

type Values = { name: string; issuer: string; client_id: string; client_secret: string };

/** A provider to connect, which has to answer before it is kept. */
export default function NewConnection({ onClose }: { onClose: () => void }) {
  const connect = useConnect();
  const refusals = useChangeRefusals();
  return (
    <Section
      title={<Trans>Connect a provider</Trans>}
      description={
        <Trans>
          Register a web application at your provider first. The redirect address that it asks for
          is shown here afterwards: you can add it there then.
        </Trans>
      }
    >
      <Form<Values>
        {...formState(connect, refusals, { at: { sso_provider_invalid: "issuer" } })}
        onSubmit={({ client_secret, ...wish }) =>
          connect.mutate(
            { ...wish, ...(client_secret && { client_secret }) },
            { onSuccess: onClose },
          )
        }
      >
        <Field
          name="name"
          label={<Trans>Name</Trans>}
          hint={<Trans>What the button says: "Log in with …"</Trans>}
          required
          maxLength={120}
          autoComplete="off"
        />
        <Field
          name="issuer"
          type="url"
          label={<Trans>Issuer</Trans>}
          hint={<Trans>The address that your provider calls issuer or authority.</Trans>}
          placeholder="https://login.example.com"
          required
          autoComplete="off"
        />
        <Field
          name="client_id"
          label={<Trans>Client ID</Trans>}
          required
          autoComplete="off"
          spellCheck={false}
        />
        <PasswordField
          name="client_secret"
          label={<Trans>Client secret</Trans>}
          autoComplete="off"
        />
        <div className="flex flex-wrap gap-3">
          <Button type="submit" busy={connect.isPending}>
            <Trans>Connect</Trans>
          </Button>
          <Button kind="secondary" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
        </div>
      </Form>
    </Section>
  );
}
