import { Trans, useLingui } from "@lingui/react/macro";
import { X } from "lucide-react";
import { useState } from "react";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button, IconButton } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import { type Connection, useAddDomain, useCheckDomain, useRemoveDomain } from "../api";
import { useChangeRefusals } from "../words";

/** The domains whose addresses the provider is believed about, each proved by a record. */
export function Domains({ connection }: { connection: Connection }) {
  const { t } = useLingui();
  const add = useAddDomain(connection.id);
  const check = useCheckDomain(connection.id);
  const remove = useRemoveDomain(connection.id);
  const refusals = useChangeRefusals();
  const [form, setForm] = useState(0);
  const error = add.error ?? check.error ?? remove.error;
  return (
    <div className="grid gap-4 border-line border-t pt-5">
      <div className="grid gap-1">
        <h3 className="font-semibold">
          <Trans>Domains</Trans>
        </h3>
        <p className="text-caption text-quiet">
          <Trans>
            The provider is believed about addresses in these domains, once a record in their DNS
            proves that they are yours.
          </Trans>
        </p>
      </div>
      {error && <Notice tone="danger">{wordsFor(error, refusals)}</Notice>}
      <ul className="grid gap-4">
        {connection.domains.map(({ domain, proved_at, record_name, record_value }) => (
          <li key={domain} className="grid gap-2 rounded-card border border-line p-4">
            <div className="flex items-center justify-between gap-3">
              <span className="min-w-0 break-all font-medium">
                <Typed text={domain} />
              </span>
              <div className="flex items-center gap-2">
                {proved_at === null ? (
                  <Badge tone="warn">
                    <Trans>Not proved</Trans>
                  </Badge>
                ) : (
                  <Badge tone="success">
                    <Trans>Proved</Trans>
                  </Badge>
                )}
                <IconButton label={t`Remove ${domain}`} onClick={() => remove.mutate(domain)}>
                  <X aria-hidden className="size-5" />
                </IconButton>
              </div>
            </div>
            {proved_at === null && (
              <>
                <dl className="grid gap-2 text-caption">
                  <Value name={t`TXT record`} value={record_name} copy={t`Copy the name`} />
                  <Value name={t`Value`} value={record_value} copy={t`Copy the value`} />
                </dl>
                <Button
                  kind="secondary"
                  size="small"
                  busy={check.isPending && check.variables === domain}
                  onClick={() => check.mutate(domain)}
                  className="justify-self-start"
                >
                  <Trans>Check now</Trans>
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
      <Form<{ domain: string }>
        key={form}
        busy={add.isPending}
        className="flex flex-wrap items-end gap-3"
        onSubmit={({ domain }) =>
          add.mutate(domain, { onSuccess: () => setForm((count) => count + 1) })
        }
      >
        <Field
          name="domain"
          label={<Trans>Domain</Trans>}
          placeholder="example.com"
          required
          autoComplete="off"
          spellCheck={false}
          className="min-w-56 flex-1"
        />
        <Button type="submit" kind="secondary" busy={add.isPending}>
          <Trans>Add domain</Trans>
        </Button>
      </Form>
    </div>
  );
}

function Value({ name, value, copy }: { name: string; value: string; copy: string }) {
  return (
    <div className="grid gap-1">
      <dt className="text-quiet">{name}</dt>
      <dd className="flex flex-wrap items-center gap-2">
        <code className="min-w-0 break-all rounded-input bg-raised px-2 py-1">{value}</code>
        <CopyButton text={value} label={copy} />
      </dd>
    </div>
  );
}
