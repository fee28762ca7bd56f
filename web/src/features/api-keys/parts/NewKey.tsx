import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { serviceAccountsQuery } from "@/features/service-accounts";
import { useSession } from "@/lib/access";
import { useIdempotencyKey } from "@/lib/api";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Section } from "@/ui/Page";
import { Switch } from "@/ui/Switch";
import type { ApiKeyWish } from "../api";
import { useCreateApiKey } from "../mutations";
import { endOf, type Life, networksIn } from "../rules";
import { useKeyWords } from "../words";
import { AddressesField } from "./AddressesField";
import { useLives } from "./lives";
import { Secret } from "./Secret";
import { type Scope, USUAL_SCOPES, useScopeNames } from "./scopes";

// Instead of the id of a service account.
const MYSELF = "myself";

/** Make a key, then show it once. */
export default function NewKey({ onClose }: { onClose: () => void }) {
  const create = useCreateApiKey();
  const { key } = useIdempotencyKey();
  if (create.data) {
    return (
      <Section
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
        <Secret made={create.data} />
      </Section>
    );
  }
  return (
    <Section
      title={<Trans>New key</Trans>}
      description={
        <Trans>Give each program a key of its own, so that you can revoke one alone.</Trans>
      }
    >
      <KeyForm call={create} onSubmit={(body) => create.mutate({ key, body })} onCancel={onClose} />
    </Section>
  );
}

function KeyForm({
  call,
  onSubmit,
  onCancel,
}: {
  call: { isPending: boolean; error: Error | null };
  onSubmit: (body: ApiKeyWish) => void;
  onCancel: () => void;
}) {
  const { t } = useLingui();
  const { permissions } = useSession();
  const { data: accounts } = useSuspenseQuery(serviceAccountsQuery);
  const [actsFor, setActsFor] = useState(MYSELF);
  // A key of a service account may do all that its role may, unless it is given less.
  const [isLimited, setLimited] = useState(false);
  const names = useScopeNames();
  const words = useKeyWords();
  const lives = useLives();
  const [life, setLife] = useState<Life>("365");
  const [scopes, setScopes] = useState<Scope[]>(
    USUAL_SCOPES.filter((each) => permissions.includes(each)),
  );
  const isOfAccount = actsFor !== MYSELF;
  const hasScopes = !isOfAccount || isLimited;
  const isReady = !hasScopes || scopes.length > 0;
  const toggle = (scope: Scope, isOn: boolean) =>
    setScopes((before) => (isOn ? [...before, scope] : before.filter((each) => each !== scope)));
  return (
    <Form<{ name: string; addresses?: string }>
      className="max-w-form"
      {...formState(call, words)}
      busy={call.isPending || !isReady}
      onSubmit={({ name, addresses }) =>
        onSubmit({
          name,
          ...(hasScopes && { scopes }),
          ...(isOfAccount && { service_account_id: actsFor }),
          expires_at: endOf(life),
          addresses: networksIn(addresses),
        })
      }
    >
      <Field
        name="name"
        label={<Trans>Name</Trans>}
        placeholder={t`Listing importer`}
        maxLength={120}
        required
        autoComplete="off"
        autoFocus
      />
      {accounts.length > 0 && (
        <ChoiceGroup
          name="acts_for"
          label={<Trans>It acts for</Trans>}
          value={actsFor}
          onChange={setActsFor}
          options={[
            { value: MYSELF, label: t`yourself` },
            ...accounts.map(({ id, name }) => ({ value: id, label: <bdi>{name}</bdi> })),
          ]}
        />
      )}
      {isOfAccount && (
        <Switch
          label={<Trans>It may do less than the service account</Trans>}
          checked={isLimited}
          onChange={setLimited}
        />
      )}
      {hasScopes && (
        <fieldset className="grid gap-2">
          <legend className="mb-2 font-medium text-caption">
            <Trans>What it may do</Trans>
          </legend>
          {(Object.keys(names) as Scope[])
            .filter((scope) => permissions.includes(scope))
            .map((scope) => (
              <Switch
                key={scope}
                label={names[scope]}
                checked={scopes.includes(scope)}
                onChange={(isOn) => toggle(scope, isOn)}
              />
            ))}
          {scopes.length === 0 && (
            <p role="alert" className="text-caption text-danger">
              <Trans>Choose at least one.</Trans>
            </p>
          )}
        </fieldset>
      )}
      <ChoiceGroup<Life>
        name="life"
        label={<Trans>It ends</Trans>}
        value={life}
        onChange={setLife}
        options={lives}
      />
      <AddressesField />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" busy={call.isPending} unavailable={!isReady}>
          <Trans>Make the key</Trans>
        </Button>
        <Button kind="secondary" onClick={onCancel}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </Form>
  );
}
