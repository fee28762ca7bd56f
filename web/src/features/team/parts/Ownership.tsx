import { Trans } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useCan, useSession } from "@/lib/access";
import { Button } from "@/ui/Button";
import { Section } from "@/ui/Page";
import { type Member, transferQuery } from "../api";

const HandOverDialog = lazy(() => import("./HandOverDialog"));

/** For owners who have somebody to hand the workspace over to. */
export function Ownership({ members }: { members: readonly Member[] }) {
  const { user } = useSession();
  const isOwner = useCan("ownership:transfer");
  const { data: transfer } = useSuspenseQuery(transferQuery);
  const [isOpen, setOpen] = useState(false);
  const heirs = members.filter(({ user_id, role }) => user_id !== user?.id && role !== "owner");
  if (!isOwner || heirs.length === 0) return null;
  return (
    <Section
      title={<Trans>Hand over the workspace</Trans>}
      description={
        <Trans>
          Somebody else becomes the owner in your place, as soon as they agree, and you become an
          admin.
        </Trans>
      }
      actions={
        <Button kind="secondary" unavailable={transfer !== null} onClick={() => setOpen(true)}>
          <Trans>Hand it over</Trans>
        </Button>
      }
    >
      {transfer && (
        <p className="text-quiet">
          <Trans>Somebody has been asked already: see above.</Trans>
        </p>
      )}
      <Suspense>
        {isOpen && <HandOverDialog heirs={heirs} onClose={() => setOpen(false)} />}
      </Suspense>
    </Section>
  );
}
