import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useSession } from "@/lib/access";
import { ApiError } from "@/lib/api";
import { mfaQuery } from "@/lib/factors";
import { canUsePasskeys } from "@/lib/passkeys";
import { proof } from "@/lib/proof";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Skeleton } from "@/ui/Skeleton";
import { useStepUp, useStepUpWithPasskey } from "./api";
import { Lost } from "./parts/Lost";
import { PasskeyWindow } from "./parts/PasskeyWindow";
import { Proving } from "./parts/Proving";
import { stepUpOf, stepUpWays, type Way } from "./ways";

// If what a person has cannot be read.
const UNKNOWN: Way[] = ["password"];
const FACTORS: Way[] = ["totp", "passkey", "recovery_code"];

/** The person proves who they are with the password or, if they have one, with a second factor; then what
 * they were doing goes on. */
export default function StepUpDialog() {
  const { user } = useSession();
  // What another window or device has changed meanwhile counts.
  const own = useQuery({ ...mfaQuery, staleTime: 0 });
  const [chosen, setChosen] = useState<Way | null>(null);
  const [round, setRound] = useState(0);
  const stepUp = useStepUp();
  const byPasskey = useStepUpWithPasskey();
  const done = useCallback(() => proof.answer(true), []);
  const refusal = stepUp.error instanceof ApiError ? stepUp.error.code : null;
  const isFactorNeeded = refusal === "second_factor_needed";
  const known = own.data ? stepUpWays(own.data) : UNKNOWN;
  const ways = isFactorNeeded && known.includes("password") ? FACTORS : known;
  const way = chosen && ways.includes(chosen) ? chosen : (ways[0] ?? "password");
  const choose = (next: Way) => {
    if (!isFactorNeeded) stepUp.reset();
    byPasskey.reset();
    setChosen(next);
  };
  return (
    <Dialog
      open
      onOpenChange={() => proof.answer(false)}
      title={<Trans>Is it you?</Trans>}
      description={<Trans>This change matters, so confirm that it is you.</Trans>}
    >
      {own.isLoading ? (
        <Skeleton className="h-30" />
      ) : (
        <Proving
          ways={ways}
          way={way}
          onWay={choose}
          email={user?.email}
          round={round}
          busy={stepUp.isPending}
          error={way === "passkey" ? byPasskey.error : isFactorNeeded ? null : stepUp.error}
          onAnswer={(by, answer) =>
            stepUp.mutate(stepUpOf(by, answer), {
              onSuccess: done,
              onError: () => setRound((before) => before + 1),
            })
          }
          passkey={
            canUsePasskeys ? (
              <Button
                busy={byPasskey.isPending}
                onClick={() => byPasskey.mutate(undefined, { onSuccess: done })}
              >
                <Trans>Use a passkey</Trans>
              </Button>
            ) : (
              <PasskeyWindow onDone={done} />
            )
          }
        />
      )}
      {!ways.includes("password") && <Lost />}
    </Dialog>
  );
}
