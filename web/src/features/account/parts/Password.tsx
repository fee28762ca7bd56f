import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Form } from "@/ui/Form";
import { Section } from "@/ui/Page";
import { PasswordField } from "@/ui/PasswordField";
import { toast } from "@/ui/Toast";
import { meQuery, useChangePassword } from "../api";

export function Password() {
  const { t } = useLingui();
  const { data: me } = useSuspenseQuery(meQuery);
  const change = useChangePassword();
  // A new form after each change, so that no password stays in it.
  const [round, setRound] = useState(0);
  return (
    <Section
      title={<Trans>Password</Trans>}
      description={<Trans>A new one ends all your other sessions. API keys go on working.</Trans>}
    >
      <Form<{ current_password: string; password: string }>
        key={round}
        {...formState(
          change,
          { wrong_password: t`That is not your current password.` },
          { at: { wrong_password: "current_password" } },
        )}
        onSubmit={(values) =>
          change.mutate(values, {
            onSuccess: () => {
              setRound(round + 1);
              toast({ title: t`Your password is changed.` });
            },
          })
        }
      >
        {/* Whose password it is, for password managers. */}
        <input
          type="email"
          autoComplete="username"
          value={me.email}
          readOnly
          tabIndex={-1}
          aria-hidden
          className="sr-only"
        />
        <PasswordField
          name="current_password"
          label={<Trans>Current password</Trans>}
          required
          autoComplete="current-password"
        />
        <PasswordField
          name="password"
          label={<Trans>New password</Trans>}
          hint={<Trans>At least eight characters. A few words are good.</Trans>}
          required
          minLength={8}
          autoComplete="new-password"
        />
        <Button type="submit" busy={change.isPending} className="justify-self-start">
          <Trans>Change it</Trans>
        </Button>
      </Form>
    </Section>
  );
}
