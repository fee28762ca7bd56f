import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { Switch } from "@/ui/Switch";
import { Typed } from "@/ui/Typed";
import { type Connection, useStart } from "../api";
import { useChange } from "../mutations";
import { useChangeRefusals, useRefusals } from "../words";
import { Domains } from "./Domains";
import { GroupRoles } from "./GroupRoles";
import type { Asked } from "./Question";

const EditConnection = lazy(() => import("./EditConnection"));
const Question = lazy(() => import("./Question"));

/** One provider: what it has to know of us, whether it works, whom it lets in, and as what. */
export function ConnectionCard({ connection }: { connection: Connection }) {
  const { t } = useLingui();
  const change = useChange(connection.id);
  const start = useStart();
  const refusals = useRefusals();
  const changeRefusals = useChangeRefusals();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isEditing, setEditing] = useState(false);
  const isTested = connection.tested_at !== null;
  return (
    <Section
      title={<Typed text={connection.name} />}
      description={<Typed text={connection.issuer} />}
      actions={
        <>
          <Button kind="quiet" onClick={() => setAsked("delete")}>
            <Trans>Remove</Trans>
          </Button>
          <Button kind="secondary" onClick={() => setEditing(true)}>
            <Trans>Edit</Trans>
          </Button>
          <Button
            kind={isTested ? "secondary" : "primary"}
            busy={start.isPending}
            onClick={() => start.mutate({ connection_id: connection.id, is_test: true })}
          >
            <Trans>Test the log-in</Trans>
          </Button>
        </>
      }
    >
      <State connection={connection} />
      {change.error && <Notice tone="danger">{wordsFor(change.error, changeRefusals)}</Notice>}
      {start.error && <Notice tone="danger">{wordsFor(start.error, refusals)}</Notice>}
      <Address
        name={<Trans>Redirect address, for your provider</Trans>}
        value={connection.redirect_uri}
        copy={t`Copy the redirect address`}
      />
      <Address
        name={<Trans>Back-channel log-out address, if your provider has a place for it</Trans>}
        hint={
          <Trans>
            Whoever is logged out at your company, or is locked out there, is then out here within a
            second.
          </Trans>
        }
        value={connection.log_out_uri}
        copy={t`Copy the log-out address`}
      />
      {isEditing && <EditConnection connection={connection} onClose={() => setEditing(false)} />}
      <Domains connection={connection} />
      <GroupRoles connection={connection} />
      <div className="grid gap-3 border-line border-t pt-5">
        <Switch
          label={<Trans>Show it on the log-in page</Trans>}
          hint={
            isTested ? (
              <Trans>People can log in with it, or with their passwords.</Trans>
            ) : (
              <Trans>Test the log-in first.</Trans>
            )
          }
          checked={connection.is_enabled}
          disabled={!isTested || change.isPending}
          onChange={(on) => (on ? change.mutate({ is_enabled: true }) : setAsked("disable"))}
        />
        <Switch
          label={<Trans>Let new people in</Trans>}
          hint={
            <Trans>
              Whoever has an address in a proved domain becomes a member and takes a seat. Without
              this, only people whom you have invited come in.
            </Trans>
          }
          checked={connection.is_just_in_time}
          disabled={change.isPending}
          onChange={(on) => change.mutate({ is_just_in_time: on })}
        />
        <Switch
          label={<Trans>Log out there too</Trans>}
          hint={<Trans>A log-out here leads on to your provider’s.</Trans>}
          checked={connection.logs_out_there}
          disabled={change.isPending}
          onChange={(on) => change.mutate({ logs_out_there: on })}
        />
        <Switch
          label={<Trans>Require it</Trans>}
          hint={
            <Trans>
              Nobody logs in with a password any more, except owners with a second factor. API keys
              go on.
            </Trans>
          }
          checked={connection.is_enforced}
          disabled={!connection.is_enabled || change.isPending}
          onChange={(on) => (on ? setAsked("enforce") : change.mutate({ is_enforced: false }))}
        />
      </div>
      {asked && (
        <Suspense>
          <Question asked={asked} connection={connection} onDone={() => setAsked(null)} />
        </Suspense>
      )}
    </Section>
  );
}

/** What the provider has to know of us. */
function Address({
  name,
  hint,
  value,
  copy,
}: {
  name: ReactNode;
  hint?: ReactNode;
  value: string;
  copy: string;
}) {
  return (
    <div className="grid gap-1.5">
      <p className="font-medium text-caption">{name}</p>
      {hint && <p className="text-caption text-quiet">{hint}</p>}
      <div className="flex flex-wrap items-center gap-3">
        <code className="min-w-0 break-all rounded-input bg-raised px-3 py-2 text-caption">
          {value}
        </code>
        <CopyButton text={value} label={copy} />
      </div>
    </div>
  );
}

function State({ connection }: { connection: Connection }) {
  if (connection.is_enforced) {
    return (
      <Badge tone="success">
        <Trans>On, and required</Trans>
      </Badge>
    );
  }
  if (connection.is_enabled) {
    return (
      <Badge tone="success">
        <Trans>On</Trans>
      </Badge>
    );
  }
  if (connection.tested_at !== null) {
    return (
      <Badge>
        <Trans>Off</Trans>
      </Badge>
    );
  }
  return (
    <Badge tone="warn">
      <Trans>Not tested yet</Trans>
    </Badge>
  );
}
