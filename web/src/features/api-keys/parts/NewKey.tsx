import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useSession } from "@/lib/access";
import { ApiError, useIdempotencyKey } from "@/lib/api";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { CopyButton } from "@/ui/CopyButton";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { Switch } from "@/ui/Switch";
import { type ApiKeyWish, type NewApiKey, useCreateApiKey } from "../api";
import { type Scope, USUAL_SCOPES, useScopeNames } from "./scopes";

type Life = "30" | "90" | "365" | "never";

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
      <KeyForm
        busy={create.isPending}
        error={create.error}
        onSubmit={(body) => create.mutate({ key, body })}
        onCancel={onClose}
      />
    </Section>
  );
}

function Secret({ made }: { made: NewApiKey }) {
  const { t } = useLingui();
  if (made.key == null) {
    return (
      <Notice tone="warn">
        <Trans>
          This key was made already, and its secret was shown then. If nobody stored it, revoke it
          and make another.
        </Trans>
      </Notice>
    );
  }
  return (
    <div className="flex items-start gap-3 rounded-input bg-raised p-3">
      <code className="min-w-0 flex-1 select-all self-center font-mono text-caption [overflow-wrap:anywhere]">
        {made.key}
      </code>
      <CopyButton text={made.key} label={t`Copy the key`} />
    </div>
  );
}

function KeyForm({
  busy,
  error,
  onSubmit,
  onCancel,
}: {
  busy: boolean;
  error: Error | null;
  onSubmit: (body: ApiKeyWish) => void;
  onCancel: () => void;
}) {
  const { t } = useLingui();
  const { permissions } = useSession();
  const names = useScopeNames();
  const [life, setLife] = useState<Life>("365");
  const [scopes, setScopes] = useState<Scope[]>(
    USUAL_SCOPES.filter((each) => permissions.includes(each)),
  );
  const refusal = error instanceof ApiError ? error : null;
  const toggle = (scope: Scope, isOn: boolean) =>
    setScopes((before) => (isOn ? [...before, scope] : before.filter((each) => each !== scope)));
  return (
    <Form<{ name: string; addresses?: string }>
      busy={busy || scopes.length === 0}
      errors={refusal?.fields}
      onSubmit={({ name, addresses }) =>
        onSubmit({
          name,
          scopes,
          expires_at: endOf(life),
          addresses: (addresses ?? "").split(/[\s,;]+/).filter(Boolean),
        })
      }
    >
      {error && <Notice tone="danger">{wordsFor(error)}</Notice>}
      <Field
        name="name"
        label={<Trans>Name</Trans>}
        placeholder={t`Listing importer`}
        maxLength={100}
        required
        autoComplete="off"
        autoFocus
      />
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
      <ChoiceGroup<Life>
        name="life"
        label={<Trans>It ends</Trans>}
        value={life}
        onChange={setLife}
        options={[
          { value: "30", label: t`in 30 days` },
          { value: "90", label: t`in 90 days` },
          { value: "365", label: t`in a year` },
          { value: "never", label: t`never` },
        ]}
      />
      <Field
        name="addresses"
        label={<Trans>Only from these addresses</Trans>}
        hint={
          <Trans>
            Internet addresses or networks, such as 203.0.113.0/24. If there are none, it works from
            everywhere.
          </Trans>
        }
        autoComplete="off"
        spellCheck={false}
      />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" busy={busy} unavailable={scopes.length === 0}>
          <Trans>Make the key</Trans>
        </Button>
        <Button kind="secondary" onClick={onCancel}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </Form>
  );
}

function endOf(life: Life): string | null {
  return life === "never" ? null : new Date(Date.now() + Number(life) * 86_400_000).toISOString();
}
