import { Trans } from "@lingui/react/macro";
import { canUsePasskeys } from "@/lib/passkeys";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Heading } from "@/ui/Page";
import { Typed } from "@/ui/Typed";
import { useStepUpWithPasskey } from "./api";

/** On the platform's host: a workspace asks for a passkey. Whoever goes on without one has shown what they had. */
export function ShowPasskey({ host, onDone }: { host: string; onDone: () => void }) {
  const stepUp = useStepUpWithPasskey();
  return (
    <div className="grid gap-4">
      <Heading>
        <Trans>Show your passkey</Trans>
      </Heading>
      <p className="text-quiet">
        <Trans>
          <Typed text={host} /> asks whether it is you. Then you are back there.
        </Trans>
      </p>
      {stepUp.error && <Notice tone="danger">{wordsFor(stepUp.error)}</Notice>}
      <div className="mt-2 flex flex-wrap gap-3">
        {canUsePasskeys && (
          <Button
            busy={stepUp.isPending}
            onClick={() => stepUp.mutate(undefined, { onSuccess: onDone })}
          >
            <Trans>Use a passkey</Trans>
          </Button>
        )}
        <Button kind="secondary" onClick={onDone}>
          <Trans>Go on without one</Trans>
        </Button>
      </div>
    </div>
  );
}
