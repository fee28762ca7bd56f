import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { type Role, useRoleName } from "@/features/team";
import { formatDate, formatNumber, formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { ShowMore } from "@/ui/ShowMore";
import { toast } from "@/ui/Toast";
import { type InvitationLink, linksQuery } from "../api";
import { useRevokeLink } from "../mutations";
import { useInvitationWords } from "../words";

const LinkDialog = lazy(() => import("./LinkDialog"));
const ConfirmDialog = lazy(async () => ({ default: (await import("@/ui/Dialog")).ConfirmDialog }));

/** Links by which several people may come in. */
export function Links({ roles, offered }: { roles: readonly Role[]; offered: readonly Role[] }) {
  const { t } = useLingui();
  const [isMaking, setMaking] = useState(false);
  const [chosen, setChosen] = useState<InvitationLink | null>(null);
  const list = useSuspenseInfiniteQuery(linksQuery);
  const revoke = useRevokeLink();
  const words = useInvitationWords();
  const links = list.data.pages.flatMap(({ items }) => items);
  const close = () => setChosen(null);
  return (
    <Section
      title={<Trans>By a link</Trans>}
      description={
        <Trans>
          For a channel or a notice board: whoever has the link comes in with the role you choose,
          until it ends or is used up.
        </Trans>
      }
      actions={
        <Button kind="secondary" onClick={() => setMaking(true)}>
          <Link2 aria-hidden className="size-4.5" />
          <Trans>New link</Trans>
        </Button>
      }
    >
      {links.length === 0 && (
        <p className="text-quiet">
          <Trans>No link works at the moment.</Trans>
        </p>
      )}
      {links.length > 0 && (
        <ul className="grid divide-y divide-line">
          {links.map((link) => (
            <Line
              key={link.id}
              link={link}
              role={roles.find(({ key }) => key === link.role)}
              onRevoke={() => {
                revoke.reset();
                setChosen(link);
              }}
            />
          ))}
        </ul>
      )}
      <ShowMore of={list} />
      <Suspense>
        {isMaking && <LinkDialog roles={offered} onClose={() => setMaking(false)} />}
        {chosen && (
          <ConfirmDialog
            open
            onOpenChange={close}
            title={<Trans>End this link?</Trans>}
            description={<Trans>It stops working at once. Whoever came in by it stays.</Trans>}
            confirm={<Trans>End it</Trans>}
            busy={revoke.isPending}
            onConfirm={() =>
              revoke.mutate(chosen, {
                onSuccess: () => {
                  close();
                  toast({ title: t`The link does not work any more.` });
                },
              })
            }
          >
            {revoke.error && (
              <Notice tone="danger">{wordsFor(revoke.error, words(revoke.error))}</Notice>
            )}
          </ConfirmDialog>
        )}
      </Suspense>
    </Section>
  );
}

function Line({
  link,
  role,
  onRevoke,
}: {
  link: InvitationLink;
  role: Role | undefined;
  onRevoke: () => void;
}) {
  const { t } = useLingui();
  const roleName = useRoleName();
  const { domains, uses, max_uses, expires_at } = link;
  const isOver = new Date(expires_at) < new Date();
  const called = roleName(role);
  const used = formatNumber(uses);
  const date = formatDate(expires_at);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 py-4">
      <span className="grid min-w-0 flex-1 basis-56 [overflow-wrap:anywhere]">
        <span className="font-medium">
          <bdi>{called}</bdi>
        </span>
        <span className="text-caption text-quiet">
          {domains.length > 0 ? (
            <Trans>only addresses at {domains.join(", ")}</Trans>
          ) : (
            <Trans>for any address</Trans>
          )}
          {" · "}
          <Plural
            value={max_uses}
            one={`${used} of # person came in`}
            other={`${used} of # people came in`}
          />
          {!isOver && (
            <time dateTime={expires_at} title={formatTime(expires_at)}>
              {" · "}
              <Trans>until {date}</Trans>
            </time>
          )}
        </span>
      </span>
      {isOver && (
        <Badge tone="warn">
          <Trans>Expired</Trans>
        </Badge>
      )}
      {!isOver && uses >= max_uses && (
        <Badge tone="warn">
          <Trans>Used up</Trans>
        </Badge>
      )}
      <Button
        kind="secondary"
        size="small"
        aria-label={t`End the link for ${called}`}
        onClick={onRevoke}
      >
        <Trans>End</Trans>
      </Button>
    </li>
  );
}
