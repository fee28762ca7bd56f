import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useCan, useSession } from "@/lib/access";
import { formatDate } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import { type Member, type Transfer, transferQuery } from "../api";
import { useEndTransfer } from "../mutations";
import { useTransferWords } from "./refusals";

const BecomeOwnerDialog = lazy(() => import("./BecomeOwnerDialog"));

/** The handing over of the workspace that waits for somebody: for the one who was asked, and for owners. */
export function TransferNotice({ members }: { members: readonly Member[] }) {
  const { user } = useSession();
  const isOwner = useCan("ownership:transfer");
  const { data: transfer } = useSuspenseQuery(transferQuery);
  if (!transfer) return null;
  const from = members.find(({ user_id }) => user_id === transfer.from_user_id);
  const to = members.find(({ user_id }) => user_id === transfer.to_user_id);
  if (transfer.to_user_id === user?.id) return <Asked transfer={transfer} from={from} />;
  return isOwner ? <Waiting transfer={transfer} to={to} /> : null;
}

function Asked({ transfer, from }: { transfer: Transfer; from: Member | undefined }) {
  const { t } = useLingui();
  const [isOpen, setOpen] = useState(false);
  const end = useEndTransfer();
  const words = useTransferWords();
  const date = formatDate(transfer.expires_at);
  const name = from?.name ?? t`The owner`;
  return (
    <Notice
      title={
        <Trans>
          <Typed text={name} /> asks you to be the owner of this workspace
        </Trans>
      }
      action={
        <>
          <Button size="small" onClick={() => setOpen(true)}>
            <Trans>Become the owner</Trans>
          </Button>
          <Button
            kind="secondary"
            size="small"
            busy={end.isPending}
            onClick={() =>
              end.mutate(transfer, { onSuccess: () => toast({ title: t`You have said no.` }) })
            }
          >
            <Trans>No, thanks</Trans>
          </Button>
        </>
      }
    >
      <Trans>You can say yes until {date}. Until then nothing changes.</Trans>
      {end.error && (
        <p role="alert" className="mt-1 text-danger">
          {wordsFor(end.error, words)}
        </p>
      )}
      <Suspense>
        {isOpen && (
          <BecomeOwnerDialog transfer={transfer} name={name} onClose={() => setOpen(false)} />
        )}
      </Suspense>
    </Notice>
  );
}

function Waiting({ transfer, to }: { transfer: Transfer; to: Member | undefined }) {
  const { t } = useLingui();
  const end = useEndTransfer();
  const words = useTransferWords();
  const date = formatDate(transfer.expires_at);
  const name = to?.name ?? t`somebody`;
  return (
    <Notice
      title={
        <Trans>
          <Typed text={name} /> was asked to be the owner
        </Trans>
      }
      action={
        <Button
          kind="secondary"
          size="small"
          busy={end.isPending}
          onClick={() =>
            end.mutate(transfer, {
              onSuccess: () => toast({ title: t`Everything stays as it is.` }),
            })
          }
        >
          <Trans>Take it back</Trans>
        </Button>
      }
    >
      <Trans>They can say yes until {date}. Until then nothing changes.</Trans>
      {end.error && (
        <p role="alert" className="mt-1 text-danger">
          {wordsFor(end.error, words)}
        </p>
      )}
    </Notice>
  );
}
