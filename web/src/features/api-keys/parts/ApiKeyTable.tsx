import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useState } from "react";
import { formatAgo, formatDate, formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Table } from "@/ui/Table";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import { type ApiKey, useRevokeApiKey } from "../api";
import { type Scope, useScopeNames } from "./scopes";

const ConfirmDialog = lazy(async () => ({ default: (await import("@/ui/Dialog")).ConfirmDialog }));

export function ApiKeyTable({ keys, caption }: { keys: ApiKey[]; caption: string }) {
  const { t } = useLingui();
  const scopeNames = useScopeNames();
  const [chosen, setChosen] = useState<ApiKey | null>(null);
  const revoke = useRevokeApiKey();
  const revoked = () => {
    setChosen(null);
    toast({ title: t`The key no longer works.` });
  };
  return (
    <>
      {revoke.error && (
        <Notice tone="danger" title={<Trans>The key still works</Trans>}>
          {wordsFor(revoke.error)}
        </Notice>
      )}
      <Table<ApiKey>
        caption={caption}
        rows={keys}
        rowKey={({ id }) => id}
        columns={[
          { title: t`Name`, cell: (key) => <NameOf apiKey={key} /> },
          {
            title: t`Key`,
            cell: ({ start, last4 }) => (
              <span className="font-mono text-caption">
                {start}…{last4}
              </span>
            ),
          },
          {
            title: t`May`,
            cell: ({ scopes }) => (
              <span className="text-quiet max-sm:text-right">
                {scopes.map((scope) => scopeNames[scope as Scope] ?? scope).join(", ")}
              </span>
            ),
          },
          { title: t`Last used`, cell: ({ last_used_at }) => <LastUse instant={last_used_at} /> },
          { title: t`Ends`, cell: ({ expires_at }) => <End instant={expires_at} /> },
          {
            title: "",
            figure: true,
            cell: (key) => (
              <Button
                kind="secondary"
                size="small"
                aria-label={t`Revoke ${key.name}`}
                onClick={() => setChosen(key)}
              >
                <Trans>Revoke</Trans>
              </Button>
            ),
          },
        ]}
      />
      <Suspense>
        {chosen && (
          <ConfirmDialog
            open
            onOpenChange={() => setChosen(null)}
            title={
              <Trans>
                Revoke “<Typed text={chosen.name} />
                ”?
              </Trans>
            }
            description={
              <Trans>
                Programs that use it are refused within a second. This cannot be undone.
              </Trans>
            }
            confirm={<Trans>Revoke</Trans>}
            busy={revoke.isPending}
            onConfirm={() =>
              revoke.mutate(chosen.id, { onSuccess: revoked, onError: () => setChosen(null) })
            }
          />
        )}
      </Suspense>
    </>
  );
}

function NameOf({ apiKey: { name, addresses, successor_id } }: { apiKey: ApiKey }) {
  return (
    <span className="grid justify-items-start gap-1 max-sm:justify-items-end">
      <span className="font-medium">{name}</span>
      {addresses && addresses.length > 0 && (
        <span className="text-caption text-quiet">
          <Trans>only from {addresses.join(", ")}</Trans>
        </span>
      )}
      {successor_id && (
        <Badge>
          <Trans>Replaced</Trans>
        </Badge>
      )}
    </span>
  );
}

function LastUse({ instant }: { instant: string | null }) {
  if (instant === null) return <Trans>Never</Trans>;
  return <time title={formatTime(instant)}>{formatAgo(instant)}</time>;
}

function End({ instant }: { instant: string | null }) {
  if (instant === null) return <Trans>Never</Trans>;
  if (new Date(instant) < new Date()) {
    return (
      <Badge tone="danger">
        <Trans>Ended</Trans>
      </Badge>
    );
  }
  return <time title={formatTime(instant)}>{formatDate(instant)}</time>;
}
