import { Trans } from "@lingui/react/macro";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import { type Offer, useAsk } from "../api";
import { useJoinWords } from "../words";
import { LogInInstead } from "./LogInInstead";

/** A link says nothing about an address, so that somebody who is not logged in gets an invitation by mail. */
export function AskForMail({ offer, token }: { offer: Offer; token: string }) {
  const ask = useAsk(token);
  const words = useJoinWords();
  const domains = offer.domains.join(", ");
  if (ask.isSuccess) {
    return (
      <Notice tone="success" title={<Trans>Check your mail</Trans>}>
        <span className="[overflow-wrap:anywhere]">
          <Trans>
            If <Typed text={ask.variables} /> can join, a mail with a link is on its way. You can
            close this page.
          </Trans>
        </span>
      </Notice>
    );
  }
  return (
    <div className="grid gap-6">
      <Form<{ email: string }>
        {...formState(ask, words, { at: { domain_not_allowed: "email" } })}
        onSubmit={({ email }) => ask.mutate(email)}
      >
        <Field
          name="email"
          type="email"
          label={<Trans>Your email</Trans>}
          hint={
            domains ? (
              <Trans>Only addresses at {domains}. A mail with a link comes to it.</Trans>
            ) : (
              <Trans>A mail with a link comes to this address.</Trans>
            )
          }
          required
          autoComplete="email"
          autoFocus
        />
        <Button type="submit" size="large" busy={ask.isPending}>
          <Trans>Send me the mail</Trans>
        </Button>
      </Form>
      <LogInInstead />
    </div>
  );
}
