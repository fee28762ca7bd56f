import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useSession } from "@/lib/access";
import { ApiError } from "@/lib/api";
import { proof } from "@/lib/proof";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { PasswordField } from "@/ui/PasswordField";
import { type StepUp, useStepUp } from "./api";

type Way = "current_password" | "code" | "recovery_code";

/** The person proves who they are with the password or, if they have one, with a second factor; then what
 * they were doing goes on. */
export default function StepUpDialog() {
  const { t } = useLingui();
  const [way, setWay] = useState<Way>("current_password");
  const stepUp = useStepUp();
  const choose = (next: Way) => {
    stepUp.reset();
    setWay(next);
  };
  const isFactorNeeded = (error: Error) =>
    error instanceof ApiError && error.code === "second_factor_needed";
  return (
    <Dialog
      open
      onOpenChange={() => proof.answer(false)}
      title={<Trans>Is it you?</Trans>}
      description={<Trans>This change matters, so confirm that it is you.</Trans>}
    >
      <Form<Record<Way, string>>
        key={way}
        busy={stepUp.isPending}
        onSubmit={(values) =>
          stepUp.mutate({ [way]: values[way] } as StepUp, {
            onSuccess: () => proof.answer(true),
            onError: (error) => isFactorNeeded(error) && choose("code"),
          })
        }
      >
        {stepUp.error && !isFactorNeeded(stepUp.error) && (
          <Notice tone="danger">
            {wordsFor(stepUp.error, {
              wrong_password: t`That is not your password.`,
              wrong_code: t`That code is wrong, or was used already.`,
            })}
          </Notice>
        )}
        <Answer way={way} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" busy={stepUp.isPending}>
            <Trans>Go on</Trans>
          </Button>
          {way === "code" && (
            <Button kind="quiet" onClick={() => choose("recovery_code")}>
              <Trans>Use a recovery code</Trans>
            </Button>
          )}
          {way === "recovery_code" && (
            <Button kind="quiet" onClick={() => choose("code")}>
              <Trans>Use a code of your app</Trans>
            </Button>
          )}
        </div>
      </Form>
    </Dialog>
  );
}

function Answer({ way }: { way: Way }) {
  const { user } = useSession();
  if (way === "code") {
    return (
      <Field
        name="code"
        label={<Trans>Code of your app</Trans>}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={10}
        required
        autoFocus
      />
    );
  }
  if (way === "recovery_code") {
    return (
      <Field
        name="recovery_code"
        label={<Trans>Recovery code</Trans>}
        autoComplete="off"
        maxLength={40}
        required
        autoFocus
      />
    );
  }
  return (
    <>
      {/* Whose password it is, for password managers. */}
      <input
        type="email"
        autoComplete="username"
        value={user?.email ?? ""}
        readOnly
        tabIndex={-1}
        aria-hidden
        className="sr-only"
      />
      <PasswordField
        name="current_password"
        label={<Trans>Password</Trans>}
        required
        autoComplete="current-password"
        autoFocus
      />
    </>
  );
}
