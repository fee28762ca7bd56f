import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { serviceAccountsQuery } from "@/features/service-accounts";
import { useEveryMember } from "@/features/team";
import { formatAgo, formatDate, formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import type { Tone } from "@/ui/Notice";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import type { ApiKey } from "../api";
import { useRevokeApiKey } from "../mutations";
import { isOpen, type KeyState, stateOf } from "../rules";
import { useKeyWords, useStateNames } from "../words";
import { type Scope, useScopeNames } from "./scopes";

const ChangeDialog = lazy(() => import("./ChangeDialog"));
const ReplaceDialog = lazy(() => import("./ReplaceDialog"));
const ConfirmDialog = lazy(async () => ({ default: (await import("@/ui/Dialog")).ConfirmDialog }));

type Open = { what: "change" | "replace" | "revoke"; key: ApiKey };

const TONES: Record<KeyState, Tone> = {
  works: "success",
  ending: "warn",
  replaced: "info",
  suspended: "danger",
  ended: "danger",
};

/** The keys of the workspace, and what can be done about each. */
export function ApiKeys({ keys }: { keys: readonly ApiKey[] }) {
  const { t } = useLingui();
  const [open, setOpen] = useState<Open | null>(null);
  const revoke = useRevokeApiKey();
  const words = useKeyWords();
  const close = () => setOpen(null);
  const revoked = () => {
    close();
    toast({ title: t`The key no longer works.` });
  };
  return (
    <>
      <ul aria-label={t`API keys`} className="grid divide-y divide-line">
        {keys.map((key) => (
          <Line
            key={key.id}
            apiKey={key}
            onOpen={(what) => {
              revoke.reset();
              setOpen({ what, key });
            }}
          />
        ))}
      </ul>
      <Suspense>
        {open?.what === "change" && <ChangeDialog apiKey={open.key} onClose={close} />}
        {open?.what === "replace" && <ReplaceDialog apiKey={open.key} onClose={close} />}
        {open?.what === "revoke" && (
          <ConfirmDialog
            open
            onOpenChange={close}
            title={
              <Trans>
                Revoke “<Typed text={open.key.name} />
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
            onConfirm={() => revoke.mutate(open.key.id, { onSuccess: revoked })}
          >
            {revoke.error && (
              <Notice tone="danger" title={<Trans>The key still works</Trans>}>
                {wordsFor(revoke.error, words)}
              </Notice>
            )}
          </ConfirmDialog>
        )}
      </Suspense>
    </>
  );
}

function Line({ apiKey, onOpen }: { apiKey: ApiKey; onOpen: (what: Open["what"]) => void }) {
  const { t } = useLingui();
  const states = useStateNames();
  const { name, start, last4 } = apiKey;
  const state = stateOf(apiKey);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 py-4">
      <span className="grid min-w-0 flex-1 basis-72 gap-0.5 [overflow-wrap:anywhere]">
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <bdi className="font-medium">{name}</bdi>
          <span className="font-mono text-caption text-quiet">
            {start}…{last4}
          </span>
          {states[state] && <Badge tone={TONES[state]}>{states[state]}</Badge>}
        </span>
        <Abilities apiKey={apiKey} />
        <Facts apiKey={apiKey} state={state} />
      </span>
      <span className="flex flex-wrap gap-3">
        {isOpen(apiKey) && (
          <>
            <Button
              kind="secondary"
              size="small"
              aria-label={t`Change ${name}`}
              onClick={() => onOpen("change")}
            >
              <Trans>Change</Trans>
            </Button>
            <Button
              kind="secondary"
              size="small"
              aria-label={t`Replace ${name}`}
              onClick={() => onOpen("replace")}
            >
              <Trans>Replace</Trans>
            </Button>
          </>
        )}
        <Button
          kind="secondary"
          size="small"
          aria-label={t`Revoke ${name}`}
          onClick={() => onOpen("revoke")}
        >
          <Trans>Revoke</Trans>
        </Button>
      </span>
    </li>
  );
}

/** For whom it acts, and what it may do. */
function Abilities({ apiKey: { scopes, service_account_id, created_by } }: { apiKey: ApiKey }) {
  const scopeNames = useScopeNames();
  const { data: accounts } = useSuspenseQuery(serviceAccountsQuery);
  const person = useEveryMember().find(({ user_id }) => user_id === created_by);
  const account = accounts.find(({ id }) => id === service_account_id);
  const may = scopes.map((scope) => scopeNames[scope as Scope] ?? scope).join(", ");
  return (
    <span className="text-caption text-quiet">
      {account ? (
        <Trans>
          for the service account <Typed text={account.name} />
        </Trans>
      ) : (
        person && (
          <Trans>
            for <Typed text={person.name} />
          </Trans>
        )
      )}
      {(account || person) && ": "}
      {may || <Trans>all that its role may</Trans>}
    </span>
  );
}

function Facts({ apiKey, state }: { apiKey: ApiKey; state: KeyState }) {
  const { last_used_at, expires_at, addresses } = apiKey;
  const used = last_used_at && formatAgo(last_used_at);
  const end = expires_at && formatDate(expires_at);
  return (
    <span className="text-caption text-quiet">
      {used ? (
        <time dateTime={last_used_at ?? ""} title={formatTime(last_used_at ?? "")}>
          <Trans>last used {used}</Trans>
        </time>
      ) : (
        <Trans>never used</Trans>
      )}
      {" · "}
      {end ? (
        <time dateTime={expires_at ?? ""} title={formatTime(expires_at ?? "")}>
          {state === "ended" ? <Trans>ended {end}</Trans> : <Trans>until {end}</Trans>}
        </time>
      ) : (
        <Trans>without an end</Trans>
      )}
      {addresses && addresses.length > 0 && (
        <>
          {" · "}
          <Trans>only from {addresses.join(", ")}</Trans>
        </>
      )}
      {state === "suspended" && (
        <span className="block text-danger">
          <Trans>Whoever made it was removed, so it is refused.</Trans>
        </span>
      )}
    </span>
  );
}
