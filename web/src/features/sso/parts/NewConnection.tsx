import { Trans } from "@lingui/react/macro";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Form } from "@/ui/Form";
import { Section } from "@/ui/Page";
import { useConnect } from "../mutations";
import { useChangeRefusals } from "../words";
import { ConnectionFields, type ConnectionValues } from "./ConnectionFields";

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
      <Form<ConnectionValues>
        className="max-w-form"
        {...formState(connect, refusals, { at: { sso_provider_invalid: "issuer" } })}
        onSubmit={({ client_secret, ...wish }) =>
          connect.mutate(
            { ...wish, ...(client_secret && { client_secret }) },
            { onSuccess: onClose },
          )
        }
      >
        <ConnectionFields />
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
