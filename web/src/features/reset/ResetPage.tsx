import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { takeFromFragment } from "@/lib/address";
import { ApiError } from "@/lib/api";
import { formState } from "@/lib/refusals";
import { Button, buttonLook } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Heading } from "@/ui/Page";
import { PasswordField } from "@/ui/PasswordField";
import { useAskReset, useReset } from "./api";

/** Forgotten: ask for a mail; or, from its link, choose a new password. */
export function ResetPage() {
  const [token, setToken] = useState(() => takeFromFragment("token"));
  useEffect(() => {
    // The mail's link opened in this very tab changes nothing but the fragment.
    const take = () => setToken((before) => takeFromFragment("token") ?? before);
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);
  return token ? <NewPassword key={token} token={token} /> : <Ask />;
}

function Ask() {
  const ask = useAskReset();
  if (ask.isSuccess) {
    return (
      <div className="grid gap-4" role="status">
        <Heading>
          <Trans>Check your mail</Trans>
        </Heading>
        <p className="text-quiet [overflow-wrap:anywhere]">
          <Trans>
            If {ask.variables} has an account here, a mail with a link is on its way. The link works
            for half an hour.
          </Trans>
        </p>
        <Link to="/login" className={`${buttonLook("secondary")} justify-self-start`}>
          <Trans>Back to the log-in</Trans>
        </Link>
      </div>
    );
  }
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Forgot your password?</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>A mail leads you to a new one.</Trans>
        </p>
      </header>
      <Form<{ email: string }> {...formState(ask)} onSubmit={({ email }) => ask.mutate(email)}>
        <Field
          name="email"
          type="email"
          label={<Trans>Email</Trans>}
          required
          autoComplete="username"
          autoFocus
        />
        <Button type="submit" busy={ask.isPending}>
          <Trans>Send me the link</Trans>
        </Button>
      </Form>
    </div>
  );
}

function NewPassword({ token }: { token: string }) {
  const reset = useReset();
  if (reset.isSuccess) {
    return (
      <div className="grid gap-4" role="status">
        <Heading>
          <Trans>Your password is changed</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>You were logged out everywhere. Log in with the new one.</Trans>
        </p>
        <Link to="/login" className={`${buttonLook()} justify-self-start`}>
          <Trans>Log in</Trans>
        </Link>
      </div>
    );
  }
  const refusal = reset.error instanceof ApiError ? reset.error : null;
  const isOver = refusal?.status === 410 || refusal?.status === 404 || refusal?.status === 401;
  const isOld = t`This link has been used or is too old.`;
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Choose a new password</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>It ends every session you have, here and on other devices.</Trans>
        </p>
      </header>
      <Form<{ password: string }>
        {...formState(reset, { 401: isOld, 404: isOld, 410: isOld })}
        way={
          isOver && (
            <a href="/reset" className={buttonLook("secondary", "small")}>
              <Trans>Ask for a new link</Trans>
            </a>
          )
        }
        onSubmit={({ password }) => reset.mutate({ token, password })}
      >
        <PasswordField
          name="password"
          label={<Trans>New password</Trans>}
          hint={<Trans>At least eight characters. A few words are good.</Trans>}
          required
          minLength={8}
          autoComplete="new-password"
          autoFocus
        />
        <Button type="submit" busy={reset.isPending}>
          <Trans>Change it</Trans>
        </Button>
      </Form>
    </div>
  );
}
