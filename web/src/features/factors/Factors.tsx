import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Fingerprint, KeyRound, Smartphone } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { boot } from "@/lib/boot";
import { mfaQuery } from "@/lib/factors";
import { formatAgo, formatDate } from "@/lib/format";
import { canUsePasskeys } from "@/lib/passkeys";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button, buttonLook } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { Switch } from "@/ui/Switch";
import { toast } from "@/ui/Toast";
import {
  type Passkey,
  useRemoveApp,
  useRemovePasskey,
  useRenewCodes,
  useSetAlwaysAsked,
  useStartApp,
  useStartPasskey,
} from "./api";
import { PendingReset } from "./parts/PendingReset";
import { hasFactor, isLastFactor } from "./rules";

// What opens over the page.
const NewAppDialog = lazy(() => import("./parts/NewAppDialog"));
const NewPasskeyDialog = lazy(() => import("./parts/NewPasskeyDialog"));
const CodesDialog = lazy(() => import("./parts/CodesDialog"));
const RemoveDialog = lazy(() => import("./parts/RemoveDialog"));
const RenameDialog = lazy(() => import("./parts/RenameDialog"));

type Open =
  | { what: "app" | "passkey" | "remove app" }
  | { what: "codes"; codes: string[] }
  | { what: "rename" | "remove"; passkey: Passkey };

/** The second factors of the person: what they have, and all that can be done about it. */
export function Factors() {
  const { t } = useLingui();
  const { data: own } = useSuspenseQuery(mfaQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const startApp = useStartApp();
  const startPasskey = useStartPasskey();
  const removeApp = useRemoveApp();
  const removePasskey = useRemovePasskey();
  const renew = useRenewCodes();
  const setAlwaysAsked = useSetAlwaysAsked();
  const close = () => {
    removeApp.reset();
    removePasskey.reset();
    setOpen(null);
  };
  const added = (title: string) => (codes: string[] | null) => {
    toast({ title });
    if (codes) setOpen({ what: "codes", codes });
    else close();
  };
  const removed = (title: string) => ({
    onSuccess: () => {
      toast({ title });
      close();
    },
  });
  const beginApp = () => startApp.mutate(undefined, { onSuccess: () => setOpen({ what: "app" }) });
  const beginPasskey = () =>
    startPasskey.mutate(undefined, { onSuccess: () => setOpen({ what: "passkey" }) });
  const error = startApp.error ?? startPasskey.error ?? renew.error ?? setAlwaysAsked.error;
  return (
    <Section
      title={<Trans>Second factors</Trans>}
      description={
        <Trans>
          Something that only you have, besides the password. Whoever finds out your password does
          not get in.
        </Trans>
      }
    >
      <PendingReset />
      {error && <Notice tone="danger">{wordsFor(error)}</Notice>}
      <ul className="grid divide-y divide-line">
        <Row
          icon={<Smartphone aria-hidden className="size-5" />}
          title={<Trans>App for codes</Trans>}
          note={
            own.totp ? (
              <Times {...own.totp} />
            ) : (
              <Trans>An app on your phone shows a new code every 30 seconds.</Trans>
            )
          }
          badge={own.totp !== null && <On />}
        >
          <Button kind="secondary" size="small" busy={startApp.isPending} onClick={beginApp}>
            {own.totp ? <Trans>Move to another phone</Trans> : <Trans>Set up</Trans>}
          </Button>
          {own.totp && (
            <Button
              kind="secondary"
              size="small"
              aria-label={t`Remove the app for codes`}
              onClick={() => setOpen({ what: "remove app" })}
            >
              <Trans>Remove</Trans>
            </Button>
          )}
        </Row>
        <Row
          icon={<Fingerprint aria-hidden className="size-5" />}
          title={<Trans>Passkeys</Trans>}
          note={
            <Trans>Your finger, face or PIN on a device of yours, also without a password.</Trans>
          }
          badge={own.passkeys.length > 0 && <On />}
        >
          {canUsePasskeys ? (
            <Button
              kind="secondary"
              size="small"
              busy={startPasskey.isPending}
              onClick={beginPasskey}
            >
              <Trans>Add a passkey</Trans>
            </Button>
          ) : (
            boot.kind === "tenant" && (
              <a href={`${boot.app_url}/me`} className={buttonLook("secondary", "small")}>
                <Trans>Add on {new URL(boot.app_url).host}</Trans>
              </a>
            )
          )}
          {own.passkeys.length > 0 && (
            <ul className="grid w-full gap-3">
              {own.passkeys.map((passkey) => (
                <PasskeyLine
                  key={passkey.id}
                  passkey={passkey}
                  onOpen={(what) => setOpen({ what, passkey })}
                />
              ))}
            </ul>
          )}
          {own.passkeys.length > 0 && own.totp === null && (
            <div className="w-full">
              <Switch
                label={<Trans>Ask for it after the password too</Trans>}
                hint={<Trans>Else the password alone lets somebody in.</Trans>}
                checked={setAlwaysAsked.isPending ? setAlwaysAsked.variables : own.is_always_asked}
                onChange={(wish) => setAlwaysAsked.mutate(wish)}
                disabled={setAlwaysAsked.isPending}
              />
            </div>
          )}
        </Row>
        {hasFactor(own) && (
          <Row
            icon={<KeyRound aria-hidden className="size-5" />}
            title={<Trans>Recovery codes</Trans>}
            note={<Left count={own.recovery_codes} />}
            badge={
              own.recovery_codes < FEW && (
                <Badge tone="warn">
                  <Trans>Few left</Trans>
                </Badge>
              )
            }
          >
            <Button
              kind="secondary"
              size="small"
              busy={renew.isPending}
              onClick={() =>
                renew.mutate(undefined, {
                  onSuccess: (codes) => setOpen({ what: "codes", codes }),
                })
              }
            >
              <Trans>Make new codes</Trans>
            </Button>
          </Row>
        )}
      </ul>
      <Suspense>
        {open?.what === "app" && startApp.data && (
          <NewAppDialog
            begun={startApp.data}
            onAdded={added(t`The app is set up.`)}
            onClose={close}
          />
        )}
        {open?.what === "passkey" && startPasskey.data && (
          <NewPasskeyDialog
            begun={startPasskey.data}
            onAdded={added(t`The passkey is kept.`)}
            onClose={close}
          />
        )}
        {open?.what === "codes" && <CodesDialog codes={open.codes} onKept={close} />}
        {open?.what === "rename" && <RenameDialog passkey={open.passkey} onClose={close} />}
        {open?.what === "remove app" && (
          <RemoveDialog
            title={<Trans>Remove the app for codes?</Trans>}
            isLast={isLastFactor(own)}
            busy={removeApp.isPending}
            error={removeApp.error}
            onConfirm={() => removeApp.mutate(undefined, removed(t`The app is removed.`))}
            onClose={close}
          />
        )}
        {open?.what === "remove" && (
          <RemoveDialog
            title={<Trans>Remove the passkey?</Trans>}
            isLast={isLastFactor(own)}
            busy={removePasskey.isPending}
            error={removePasskey.error}
            onConfirm={() =>
              removePasskey.mutate(open.passkey.id, removed(t`The passkey is removed.`))
            }
            onClose={close}
          />
        )}
      </Suspense>
    </Section>
  );
}

/** So many recovery codes are soon used up. */
const FEW = 3;

function Row({
  icon,
  title,
  note,
  badge,
  children,
}: {
  icon: ReactNode;
  title: ReactNode;
  note: ReactNode;
  badge: ReactNode;
  children: ReactNode;
}) {
  return (
    <li className="grid gap-3 py-4 first:pt-0 last:pb-0">
      <div className="flex gap-3">
        <span className="mt-0.5 text-quiet">{icon}</span>
        <div className="grid min-w-0 flex-1">
          <h3 className="flex flex-wrap items-center gap-x-3 font-medium">
            {title}
            {badge}
          </h3>
          <p className="text-caption text-quiet">{note}</p>
        </div>
      </div>
      <div className="flex flex-wrap gap-3 sm:pl-8">{children}</div>
    </li>
  );
}

function On() {
  return (
    <Badge tone="success">
      <Trans>In use</Trans>
    </Badge>
  );
}

function Times({
  created_at,
  last_used_at,
}: {
  created_at: string;
  last_used_at?: string | null | undefined;
}) {
  const since = formatDate(created_at);
  const used = last_used_at && formatAgo(last_used_at);
  return used ? (
    <Trans>
      Since {since}, last used {used}.
    </Trans>
  ) : (
    <Trans>Since {since}, not used yet.</Trans>
  );
}

function Left({ count }: { count: number }) {
  const { i18n } = useLingui();
  const left = i18n.number(count);
  return <Trans>{left} of 10 left. They let you in without your other factors.</Trans>;
}

function PasskeyLine({
  passkey,
  onOpen,
}: {
  passkey: Passkey;
  onOpen: (what: "rename" | "remove") => void;
}) {
  const { t } = useLingui();
  const { name } = passkey;
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 rounded-card border border-line px-4 py-3">
      <span className="grid min-w-0 flex-1 basis-48">
        <bdi className="font-medium [overflow-wrap:anywhere]">{name}</bdi>
        <span className="text-caption text-quiet">
          <Times {...passkey} />{" "}
          {passkey.is_backed_up ? (
            <Trans>Kept on more than one device.</Trans>
          ) : (
            <Trans>Kept on one device only.</Trans>
          )}
        </span>
      </span>
      <span className="flex flex-wrap gap-2">
        <Button
          kind="secondary"
          size="small"
          aria-label={t`Rename ${name}`}
          onClick={() => onOpen("rename")}
        >
          <Trans>Rename</Trans>
        </Button>
        <Button
          kind="secondary"
          size="small"
          aria-label={t`Remove ${name}`}
          onClick={() => onOpen("remove")}
        >
          <Trans>Remove</Trans>
        </Button>
      </span>
    </li>
  );
}
