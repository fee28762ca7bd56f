import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { takeFromFragment } from "@/lib/address";
import { ApiError } from "@/lib/api";
import { wordsFor } from "@/lib/refusals";
import { Button, buttonLook } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Heading } from "@/ui/Page";
import { useUndoEmail } from "./api";

/** From a mail to the old address: somebody has changed it. Only a click takes that back, because programs that
 * look at mails open links too. */
export function EmailUndoPage() {
  const { t } = useLingui();
  const [token, setToken] = useState(() => takeFromFragment("token"));
  const undo = useUndoEmail();
  useEffect(() => {
    // The mail's link opened in this very tab changes nothing but the fragment.
    const take = () => setToken((before) => takeFromFragment("token") ?? before);
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);
  if (undo.isSuccess) {
    return (
      <div className="grid gap-4" role="status">
        <Heading>
          <Trans>Your old address is back</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>
            You were logged out everywhere. Whoever changed the address may know your password, so
            choose a new one now.
          </Trans>
        </p>
        <Link to="/reset" className={`${buttonLook()} justify-self-start`}>
          <Trans>Choose a new password</Trans>
        </Link>
      </div>
    );
  }
  const isOver = !token || (undo.error instanceof ApiError && undo.error.status === 410);
  return (
    <div className="grid gap-4">
      <Heading>
        {isOver ? (
          <Trans>This link does not work any more</Trans>
        ) : (
          <Trans>Keep your old address?</Trans>
        )}
      </Heading>
      {isOver ? (
        <Notice tone="warn">
          <Trans>It is incomplete, was used already, or is older than seven days.</Trans>
        </Notice>
      ) : (
        <>
          <p className="text-quiet">
            <Trans>
              Somebody has changed the address of your account, or wants to. If it was not you, take
              it back: every session ends, here and on other devices.
            </Trans>
          </p>
          {undo.error && <Notice tone="danger">{wordsFor(undo.error)}</Notice>}
        </>
      )}
      <div className="mt-2 flex flex-wrap gap-3">
        {!isOver && (
          <Button busy={undo.isPending} onClick={() => token && undo.mutate(token)}>
            {t`Take it back`}
          </Button>
        )}
        <Link to="/login" className={buttonLook("secondary")}>
          {isOver ? <Trans>To the log-in</Trans> : <Trans>It was me</Trans>}
        </Link>
      </div>
    </div>
  );
}
