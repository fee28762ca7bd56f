import { Trans, useLingui } from "@lingui/react/macro";
import { wordsFor } from "@/lib/refusals";
import type { PersonSession, Session } from "@/lib/session";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { PasswordField } from "@/ui/PasswordField";
import { type Credentials, useLogIn } from "./api";

/** Address and password. `email` is fixed where the same person has to come back, if they still may. */
export function LogInForm({
  email,
  onDone,
}: {
  email?: string | undefined;
  onDone: (session: Session | PersonSession) => void;
}) {
  const { t } = useLingui();
  const logIn = useLogIn();
  return (
    <Form<Credentials>
      busy={logIn.isPending}
      onSubmit={(values) => logIn.mutate(values, { onSuccess: onDone })}
    >
      {logIn.error && (
        <Notice tone="danger">
          {wordsFor(logIn.error, {
            invalid_credentials:
              email === undefined
                ? t`Address and password do not match.`
                : t`Address and password do not match, or you do not belong to this workspace any more.`,
          })}
        </Notice>
      )}
      <Field
        name="email"
        type="email"
        label={<Trans>Email</Trans>}
        required
        autoComplete="username"
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
