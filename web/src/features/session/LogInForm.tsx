import { Trans, useLingui } from "@lingui/react/macro";
import { formState, wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { PasswordField } from "@/ui/PasswordField";
import { type Challenge, type Credentials, useLogIn, type Who } from "./api";

/** Address and password. `email` is fixed where the same person has to come back, if they still may. */
export function LogInForm({
  email,
  isOver,
  offersPasskeys,
  error,
  onAnswer,
}: {
  email?: string | undefined;
  /** The log-in was begun, and took too long. */
  isOver: boolean;
  /** The browser suggests passkeys beside passwords. */
  offersPasskeys: boolean;
  /** Why another way in did not work. */
  error: Error | null;
  onAnswer: (answer: Who | Challenge) => void;
}) {
  const { t } = useLingui();
  const logIn = useLogIn();
  const wrong = logIn.error ?? (logIn.isPending ? null : error);
  return (
    <Form<Credentials>
      {...formState(logIn)}
      notice={
        wrong &&
        wordsFor(wrong, {
          invalid_credentials:
            email === undefined
              ? t`Address and password do not match.`
              : t`Address and password do not match, or you do not belong to this workspace any more.`,
          sso_required: t`This workspace lets its people in by their company’s log-in only.`,
          wrong_passkey: t`Nobody here has this passkey any more.`,
        })
      }
      onSubmit={(values) => logIn.mutate(values, { onSuccess: onAnswer })}
    >
      {isOver && !wrong && (
        <Notice tone="warn">
          <Trans>That took too long, or there were too many tries. Log in once more.</Trans>
        </Notice>
      )}
      <Field
        name="email"
        type="email"
        label={<Trans>Email</Trans>}
        required
        autoComplete={offersPasskeys ? "username webauthn" : "username"}
        defaultValue={email}
        readOnly={email !== undefined}
      />
      <PasswordField
        name="password"
        label={<Trans>Password</Trans>}
        required
        autoComplete="current-password"
      />
      <Button type="submit" busy={logIn.isPending} className="mt-1">
        <Trans>Log in</Trans>
      </Button>
    </Form>
  );
}
