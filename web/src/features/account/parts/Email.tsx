import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { OtpField } from "@/ui/OtpField";
import { Section } from "@/ui/Page";
import { toast } from "@/ui/Toast";
import { Typed } from "@/ui/Typed";
import { type EmailWish, meQuery, useAskEmail, useConfirmEmail } from "../api";

/** The address, and the way to another one: a code of a mail there confirms it. */
export function Email() {
  const { t } = useLingui();
  const { data: me } = useSuspenseQuery(meQuery);
  const [isAsking, setAsking] = useState(false);
  const [wish, setWish] = useState<EmailWish | null>(null);
  const changed = () => {
    setWish(null);
    setAsking(false);
    toast({ title: t`Your address is changed.` });
  };
  return (
    <Section
      title={<Trans>Email</Trans>}
      description={<Trans>You log in with it, and your mails go there.</Trans>}
    >
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0 font-medium [overflow-wrap:anywhere]">{me.email}</p>
        {!isAsking && (
          <Button kind="secondary" size="small" onClick={() => setAsking(true)}>
            <Trans>Change address</Trans>
          </Button>
        )}
      </div>
      {isAsking && !wish && <Ask onAsked={setWish} onCancel={() => setAsking(false)} />}
      {wish && <Confirm wish={wish} onChanged={changed} onBack={() => setWish(null)} />}
    </Section>
  );
}

function Ask({ onAsked, onCancel }: { onAsked: (wish: EmailWish) => void; onCancel: () => void }) {
  const { t } = useLingui();
  const ask = useAskEmail();
  return (
    <Form<{ email: string }>
      {...formState(
        ask,
        { email_unchanged: t`This is your address already.` },
        { at: { email_unchanged: "email" } },
      )}
      onSubmit={({ email }) => ask.mutate(email, { onSuccess: onAsked })}
    >
      <Field
        name="email"
        type="email"
        label={<Trans>New address</Trans>}
        required
        autoComplete="off"
        maxLength={254}
        autoFocus
      />
      <div className="flex flex-wrap gap-3">
        <Button type="submit" busy={ask.isPending}>
          <Trans>Send me a code there</Trans>
        </Button>
        <Button kind="secondary" onClick={onCancel}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </Form>
  );
}

function Confirm({
  wish,
  onChanged,
  onBack,
}: {
  wish: EmailWish;
  onChanged: () => void;
  onBack: () => void;
}) {
  const { t } = useLingui();
  const confirm = useConfirmEmail(wish.id);
  const [round, setRound] = useState(0);
  return (
    <Form<{ code: string }>
      key={round}
      {...formState(
        confirm,
        {
          wrong_email_code: t`That is not the code of the newest mail. Look once more.`,
          email_change_invalid: t`That took too long, or there were too many tries. Begin again.`,
          email_taken: t`This address has got an account meanwhile.`,
        },
        { at: { wrong_email_code: "code" } },
      )}
      onSubmit={({ code }) =>
        confirm.mutate(code, { onSuccess: onChanged, onError: () => setRound(round + 1) })
      }
    >
      {!confirm.error && (
        <p>
          <Trans>
            A code is on its way to <Typed text={wish.email} />. If none comes, the address may have
            an account already.
          </Trans>
        </p>
      )}
      <OtpField name="code" label={<Trans>Code</Trans>} autoFocus />
      <p className="text-caption text-quiet">
        <Trans>
          All your other sessions end. For seven days, a mail to the old address can take it back.
        </Trans>
      </p>
      <div className="flex flex-wrap gap-3">
        <Button type="submit" busy={confirm.isPending}>
          <Trans>Change it</Trans>
        </Button>
        <Button kind="secondary" onClick={onBack}>
          <Trans>Another address</Trans>
        </Button>
      </div>
    </Form>
  );
}
