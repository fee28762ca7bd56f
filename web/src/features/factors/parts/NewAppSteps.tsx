import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { Form } from "@/ui/Form";
import { OtpField } from "@/ui/OtpField";
import { type NewApp, useConfirmApp } from "../api";
import { inGroups } from "../rules";
import { useFile } from "./CodesOnce";

/** Let an app for codes read the secret, and show that it has. */
export function NewAppSteps({
  begun,
  onAdded,
}: {
  begun: NewApp;
  onAdded: (codes: string[] | null) => void;
}) {
  const { t } = useLingui();
  const confirm = useConfirmApp();
  const [round, setRound] = useState(0);
  const picture = useFile(begun.qr_svg, "image/svg+xml");
  return (
    <div className="grid gap-6">
      <section className="grid gap-3">
        <p>
          <Trans>
            1. Scan this with an app for codes, as Google Authenticator, Microsoft Authenticator,
            1Password or Aegis.
          </Trans>
        </p>
        <div className="flex flex-wrap items-center gap-5">
          <span className="block size-44 shrink-0 overflow-hidden rounded-card border border-line">
            {picture && <img src={picture} alt={t`QR code for your app`} className="size-full" />}
          </span>
          <div className="grid min-w-0 flex-1 basis-48 gap-2 text-caption">
            <p className="text-quiet">
              <Trans>On this very device? Copy this into the app instead:</Trans>
            </p>
            <code className="[overflow-wrap:anywhere]">{inGroups(begun.secret)}</code>
            <div className="flex flex-wrap gap-2">
              <CopyButton text={begun.secret} label={t`Copy the secret`} />
            </div>
          </div>
        </div>
      </section>
      <Form<{ code: string }>
        key={round}
        {...formState(
          confirm,
          {
            wrong_code: t`That is not the code of the app. Wait for the next one.`,
            set_up_expired: t`That took too long. Close this, and begin again.`,
          },
          { at: { wrong_code: "code" } },
        )}
        onSubmit={({ code }) =>
          confirm.mutate(code, {
            onSuccess: onAdded,
            onError: () => setRound(round + 1),
          })
        }
      >
        <OtpField name="code" label={<Trans>2. Type the code that it shows</Trans>} autoFocus />
        <Button type="submit" busy={confirm.isPending}>
          <Trans>Set it up</Trans>
        </Button>
      </Form>
    </div>
  );
}
