import { Trans } from "@lingui/react/macro";
import { wordsFor } from "@/lib/refusals";
import type { PersonSession } from "@/lib/session";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { type Offer, useAccept } from "../api";
import { useJoinWords } from "../words";
import { OtherAccount } from "./OtherAccount";

/** Somebody who is logged in with an address that may join. */
export function JoinAsPerson({
  offer,
  token,
  person,
  onJoined,
}: {
  offer: Offer;
  token: string;
  person: PersonSession;
  onJoined: () => void;
}) {
  const accept = useAccept(token);
  const words = useJoinWords();
  return (
    <div className="grid gap-4">
      {accept.error && <Notice tone="danger">{wordsFor(accept.error, words)}</Notice>}
      <Button
        size="large"
        busy={accept.isPending || accept.isSuccess}
        onClick={() => accept.mutate(undefined, { onSuccess: onJoined })}
      >
        <Trans>Join</Trans>
      </Button>
      <p className="text-quiet [overflow-wrap:anywhere]">
        <Trans>Signed in as {person.user.email}</Trans>
      </p>
      {offer.kind === "link" && <OtherAccount token={token} />}
    </div>
  );
}
