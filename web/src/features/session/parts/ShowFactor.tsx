import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { buttonLook } from "@/ui/Button";
import { useStepUp } from "../api";
import { type Own, stepUpOf, stepUpWays, type Way } from "../ways";
import { Lost } from "./Lost";
import { Proving } from "./Proving";

/** Somebody who has logged in by the password alone shows one of their factors, on a workspace's host. */
export function ShowFactor({ own, next, onDone }: { own: Own; next: string; onDone: () => void }) {
  const ways = stepUpWays(own).filter((way) => way !== "password");
  const [way, setWay] = useState<Way>(ways[0] ?? "totp");
  const [round, setRound] = useState(0);
  const stepUp = useStepUp();
  return (
    <div className="grid gap-5">
      <Proving
        ways={ways}
        way={way}
        onWay={(chosen) => {
          stepUp.reset();
          setWay(chosen);
        }}
        round={round}
        busy={stepUp.isPending}
        error={stepUp.error}
        onAnswer={(by, answer) =>
          stepUp.mutate(stepUpOf(by, answer), {
            onSuccess: onDone,
            onError: () => setRound(round + 1),
          })
        }
        passkey={
          <Link
            to="/enter"
            search={{ to: next, proof: "passkey" }}
            preload={false}
            className={buttonLook()}
          >
            <Trans>Use a passkey</Trans>
          </Link>
        }
      />
      <Lost />
    </div>
  );
}
