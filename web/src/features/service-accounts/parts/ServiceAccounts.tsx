import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { givable, rolesQuery, useRoleName } from "@/features/team";
import { useCan, useSession } from "@/lib/access";
import { formatDate } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import { type ServiceAccount, serviceAccountsQuery, useRemoveAccount } from "../api";
import { useAccountWords } from "../words";

const AccountDialog = lazy(() => import("./AccountDialog"));
const ConfirmDialog = lazy(async () => ({ default: (await import("@/ui/Dialog")).ConfirmDialog }));

type Open = { what: "form" | "remove"; account: ServiceAccount | null };

const OWNER = "owner";

/** Members that are programs: their keys work on when the person who made them leaves. */
export function ServiceAccounts() {
  const { t } = useLingui();
  const { permissions } = useSession();
  const canManage = useCan("members:manage");
  const { data: accounts } = useSuspenseQuery(serviceAccountsQuery);
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const remove = useRemoveAccount();
  const words = useAccountWords();
  const roleName = useRoleName();
  const close = () => setOpen(null);
  const mine = givable(roles, permissions);
  const offered = mine.filter(({ key }) => key !== OWNER);
  const removed = () => {
    close();
    toast({ title: t`The service account and its keys do not work any more.` });
  };
  return (
    <Section
      title={<Trans>Service accounts</Trans>}
      description={
        <Trans>
          Members that are programs. They take no seat and nobody logs in as one; their keys go on
          working when whoever made them leaves.
        </Trans>
      }
      actions={
        canManage && (
          <Button kind="secondary" onClick={() => setOpen({ what: "form", account: null })}>
            <Plus aria-hidden className="size-4.5" />
            <Trans>New service account</Trans>
          </Button>
        )
      }
    >
      {accounts.length === 0 && (
        <p className="text-quiet">
          <Trans>None yet. Keys act for the person who makes them.</Trans>
        </p>
      )}
      {accounts.length > 0 && (
        <ul className="grid divide-y divide-line">
          {accounts.map((account) => {
            const role = roles.find(({ key }) => key === account.role);
            const date = formatDate(account.created_at);
            const decides = canManage && (!role || mine.includes(role));
            return (
              <li key={account.id} className="flex flex-wrap items-center gap-x-4 gap-y-3 py-4">
                <span className="grid min-w-0 flex-1 basis-56 [overflow-wrap:anywhere]">
                  <bdi className="font-medium">{account.name}</bdi>
                  <span className="text-caption text-quiet">
                    <bdi>{roleName(role)}</bdi> · <Trans>since {date}</Trans>
                  </span>
                </span>
                {decides && (
                  <span className="flex flex-wrap gap-3">
                    <Button
                      kind="secondary"
                      size="small"
                      aria-label={t`Change ${account.name}`}
                      onClick={() => setOpen({ what: "form", account })}
                    >
                      <Trans>Change</Trans>
                    </Button>
                    <Button
                      kind="secondary"
                      size="small"
                      aria-label={t`Remove ${account.name}`}
                      onClick={() => {
                        remove.reset();
                        setOpen({ what: "remove", account });
                      }}
                    >
                      <Trans>Remove</Trans>
                    </Button>
                  </span>
                )}
              </li>
            );
          })}
        </ul>
      )}
      <Suspense>
        {open?.what === "form" && (
          <AccountDialog account={open.account} roles={offered} onClose={close} />
        )}
        {open?.what === "remove" && open.account && (
          <ConfirmDialog
            open
            onOpenChange={close}
            title={
              <Trans>
                Remove “<Typed text={open.account.name} />
                ”?
              </Trans>
            }
            description={
              <Trans>Its keys are refused within a second. This cannot be undone.</Trans>
            }
            confirm={<Trans>Remove</Trans>}
            busy={remove.isPending}
            onConfirm={() => open.account && remove.mutate(open.account, { onSuccess: removed })}
          >
            {remove.error && <Notice tone="danger">{wordsFor(remove.error, words)}</Notice>}
          </ConfirmDialog>
        )}
      </Suspense>
    </Section>
  );
}
