import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { useDecline } from "../api";
import { forgetSecret } from "../secret";
import { useJoinWords } from "../words";

/** Say no, after being asked once more. */
export function Decline({ token, onDeclined }: { token: string; onDeclined: () => void }) {
  const [isAsked, setAsked] = useState(false);
  const decline = useDecline(token);
  const words = useJoinWords();
  const done = () => {
    forgetSecret();
    onDeclined();
  };
  if (!isAsked) {
    return (
      <Button kind="quiet" className="-ml-4 justify-self-start" onClick={() => setAsked(true)}>
        <Trans>Decline the invitation</Trans>
      </Button>
    );
  }
  return (
    <Notice
      tone="warn"
      title={<Trans>Decline the invitation?</Trans>}
      action={
        <>
          <Button
            kind="danger"
            size="small"
            busy={decline.isPending}
            onClick={() => decline.mutate(undefined, { onSuccess: done })}
          >
            <Trans>Decline</Trans>
          </Button>
          <Button kind="secondary" size="small" onClick={() => setAsked(false)}>
            <Trans>Keep it</Trans>
          </Button>
        </>
      }
    >
      <Trans>Then this link does not work any more.</Trans>
      {decline.error && (
        <p role="alert" className="mt-1 text-danger">
          {wordsFor(decline.error, words)}
        </p>
      )}
    </Notice>
  );
}
