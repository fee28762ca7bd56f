import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { ApiError } from "@/lib/api";
import { canUsePasskeys } from "@/lib/passkeys";
import { Button } from "@/ui/Button";
import { type Challenge, useVerify, useVerifyWithPasskey, type Who } from "../api";
import { proofOf, type Way } from "../ways";
import { Lost } from "./Lost";
import { Proving } from "./Proving";

/** The second half of a log-in. `onOver`: the person goes back, or the server does not wait for it any more. */
export function SecondFactor({
  challenge,
  passkey,
  onAnswer,
  onOver,
}: {
  challenge: Challenge;
  passkey: ReactNode;
  onAnswer: (answer: Who | Challenge) => void;
  onOver: (by: "person" | "server") => void;
}) {
  const [way, setWay] = useState<Way>(challenge.methods[0] ?? "totp");
  const [round, setRound] = useState(0);
  const verify = useVerify();
  const byPasskey = useVerifyWithPasskey();
  const answered = {
    onSuccess: onAnswer,
    onError: (error: Error) => {
      if (error instanceof ApiError && error.status === 410) onOver("server");
      else setRound((before) => before + 1);
    },
  };
  const choose = (next: Way) => {
    verify.reset();
    byPasskey.reset();
    setWay(next);
  };
  return (
    <div className="grid gap-5">
      <p>
        <Trans>Your password is right. Now show your second factor.</Trans>
      </p>
      <Proving
        ways={challenge.methods}
        way={way}
        onWay={choose}
        round={round}
        busy={verify.isPending}
        error={way === "passkey" ? byPasskey.error : verify.error}
        onAnswer={(by, answer) =>
          verify.mutate({ challenge, proof: proofOf(by, answer) }, answered)
        }
        passkey={
          canUsePasskeys ? (
            <Button
              busy={byPasskey.isPending}
              onClick={() => byPasskey.mutate(challenge, answered)}
            >
              <Trans>Use a passkey</Trans>
            </Button>
          ) : (
            passkey
          )
        }
      >
        <Button kind="quiet" size="small" onClick={() => onOver("person")}>
          <Trans>Back to the password</Trans>
        </Button>
      </Proving>
      <Lost />
    </div>
  );
}
