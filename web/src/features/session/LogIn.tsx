import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { ApiError } from "@/lib/api";
import { canUsePasskeys } from "@/lib/passkeys";
import { Button } from "@/ui/Button";
import {
  type Challenge,
  isChallenge,
  useLogInWithPasskey,
  useOfferedPasskey,
  type Who,
} from "./api";
import { LogInForm } from "./LogInForm";
import { SecondFactor } from "./parts/SecondFactor";

/** The log-in: the password and, for those who have one, a second factor; or a passkey alone. `email` is fixed where
 * the same person has to come back, if they still may; `passkey` leads to the host where passkeys can be used. */
export function LogIn({
  email,
  passkey,
  links,
  onDone,
}: {
  email?: string | undefined;
  passkey: ReactNode;
  /** Where else somebody may want to go who is not logging in yet. */
  links?: ReactNode;
  onDone: (who: Who) => void;
}) {
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  // Why the log-in has to begin again.
  const [isOver, setOver] = useState(false);
  const byPasskey = useLogInWithPasskey();
  const go = (answer: Who | Challenge) => {
    setOver(false);
    if (isChallenge(answer)) setChallenge(answer);
    else onDone(answer);
  };
  const isAnybody = email === undefined;
  const notOffered = useOfferedPasskey(
    canUsePasskeys && isAnybody && !challenge && !byPasskey.isPending,
    go,
  );
  if (challenge) {
    return (
      <SecondFactor
        key={challenge.challenge_id}
        challenge={challenge}
        passkey={passkey}
        onAnswer={go}
        onOver={(by) => {
          setChallenge(null);
          setOver(by === "server");
        }}
      />
    );
  }
  const error = byPasskey.error ?? (byPasskey.isPending ? null : notOffered);
  const tookTooLong = error instanceof ApiError && error.status === 410;
  return (
    <div className="grid gap-5">
      <LogInForm
        email={email}
        isOver={isOver || tookTooLong}
        offersPasskeys={canUsePasskeys && isAnybody}
        error={tookTooLong ? null : error}
        onAnswer={go}
      />
      {(canUsePasskeys || passkey) && (
        <div className="flex items-center gap-3 text-caption text-quiet before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
          <Trans>or</Trans>
        </div>
      )}
      {canUsePasskeys ? (
        <Button
          kind="secondary"
          busy={byPasskey.isPending}
          onClick={() => byPasskey.mutate(undefined, { onSuccess: go })}
        >
          <Trans>Log in with a passkey</Trans>
        </Button>
      ) : (
        passkey
      )}
      {links && <p className="mt-3 flex flex-wrap gap-x-6 gap-y-2 text-quiet">{links}</p>}
    </div>
  );
}
