import { Trans, useLingui } from "@lingui/react/macro";
import { X } from "lucide-react";
import { useState } from "react";
import { formatDate } from "@/lib/format";
import { formState, wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button, IconButton } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import type { Connection } from "../api";
import { useAddDomain, useCheckDomain, useRemoveDomain } from "../mutations";
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
            The provider is believed about addresses in these domains, as long as a record in their
            DNS proves that they are yours.
          </Trans>
        </p>
      </div>
      {error && <Notice tone="danger">{wordsFor(error, refusals)}</Notice>}
      <ul className="grid gap-4">
        {connection.domains.map(({ domain, ...each }) => (
          <li key={domain} className="grid gap-2 rounded-card border border-line p-4">
            <div className="flex flex-wrap items-center justify-between gap-x-3">
              <span className="min-w-0 flex-1 basis-48 font-medium [overflow-wrap:anywhere]">
                <Typed text={domain} />
              </span>
              <div className="flex items-center gap-2">
                <State of={each} />
                <IconButton label={t`Remove ${domain}`} onClick={() => remove.mutate(domain)}>
                  <X aria-hidden className="size-5" />
                </IconButton>
              </div>
            </div>
            {each.lapses_at !== null && <Lapsing at={each.lapses_at} />}
            {isOpen(each) && (
              <>
                <dl className="grid gap-2 text-caption">
                  <Value name={t`TXT record`} value={each.record_name} copy={t`Copy the name`} />
                  <Value name={t`Value`} value={each.record_value} copy={t`Copy the value`} />
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
        {...formState(add)}
        notice={undefined}
        onSubmit={({ domain }) =>
          add.mutate(domain, { onSuccess: () => setForm((count) => count + 1) })
        }
      >
        <div className="flex flex-wrap items-end gap-3">
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
        </div>
      </Form>
    </div>
  );
}

type Proof = Pick<Connection["domains"][number], "proved_at" | "lapses_at">;

/** Whether its record has to be set, or put back. */
const isOpen = ({ proved_at, lapses_at }: Proof) => proved_at === null || lapses_at !== null;

function State({ of }: { of: Proof }) {
  if (of.proved_at === null) {
    return (
      <Badge tone="warn">
        <Trans>Not proved</Trans>
      </Badge>
    );
  }
  if (of.lapses_at !== null) {
    return (
      <Badge tone="warn">
        <Trans>Record missing</Trans>
      </Badge>
    );
  }
  return (
    <Badge tone="success">
      <Trans>Proved</Trans>
    </Badge>
  );
}

function Lapsing({ at }: { at: string }) {
  const date = formatDate(at);
  return (
    <p className="text-caption">
      <Trans>
        The record is not in the DNS any more. Put it back before {date}: after that, nobody new
        comes in with an address in this domain.
      </Trans>
    </p>
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
