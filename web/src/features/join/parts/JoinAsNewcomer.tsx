import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { ApiError } from "@/lib/api";
import { boot } from "@/lib/boot";
import { formState, wordsFor } from "@/lib/refusals";
import { Button, buttonLook } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { PasswordField } from "@/ui/PasswordField";
import { type Offer, useAccept } from "../api";
import { useJoinWords } from "../words";
import { LogInInstead } from "./LogInInstead";

/** Somebody who is not logged in, and may have no account yet: name and password, and they are in. */
export function JoinAsNewcomer({
  offer,
  token,
  onJoined,
}: {
  offer: Offer;
  token: string;
  onJoined: () => void;
}) {
  const accept = useAccept(token);
  const words = useJoinWords();
  const refusal = accept.error instanceof ApiError ? accept.error : null;
  const hasAccount = refusal?.code === "account_exists";
  return (
    <div className="grid gap-6">
      <Form<{ name: string; password: string }>
        {...formState(accept)}
        notice={undefined}
        onSubmit={({ name, password }) =>
          accept.mutate({ name, password, locale: boot.locale }, { onSuccess: onJoined })
        }
      >
        {accept.error && (
          <Notice
            tone={hasAccount ? "info" : "danger"}
            action={
              hasAccount && (
                <Link
                  to="/login"
                  search={{ next: "/join" }}
                  className={buttonLook("primary", "small")}
                >
                  <Trans>Log in</Trans>
                </Link>
              )
            }
          >
            {wordsFor(accept.error, words)}
          </Notice>
        )}
        <Field
          name="email"
          type="email"
          label={<Trans>Email</Trans>}
          value={offer.email ?? ""}
          readOnly
          autoComplete="username"
        />
        <Field
          name="name"
          label={<Trans>Your name</Trans>}
          required
          maxLength={100}
          autoComplete="name"
          autoFocus
        />
        <PasswordField
          name="password"
          label={<Trans>Choose a password</Trans>}
          hint={<Trans>At least eight characters. A few words are good.</Trans>}
          required
          minLength={8}
          autoComplete="new-password"
        />
        <Button type="submit" size="large" busy={accept.isPending}>
          <Trans>Join</Trans>
        </Button>
      </Form>
      <LogInInstead />
    </div>
  );
}
