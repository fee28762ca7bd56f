import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { type Role, RolePicker } from "@/features/team";
import { useIdempotencyKey } from "@/lib/api";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { CopyButton } from "@/ui/CopyButton";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { domainsIn } from "../addresses";
import type { LinkWish } from "../api";
import { useCreateLink } from "../mutations";
import { useInvitationWords } from "../words";

type Days = "1" | "7" | "30";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const USUAL = "member";

/** Make a link, then show it once. */
export default function LinkDialog({
  roles,
  onClose,
}: {
  roles: readonly Role[];
  onClose: () => void;
}) {
  const { t } = useLingui();
  const create = useCreateLink();
  const { key } = useIdempotencyKey();
  const made = create.data;
  if (!made) {
    return (
      <Dialog open onOpenChange={onClose} title={<Trans>New link</Trans>}>
        <LinkForm
          roles={roles}
          call={create}
          onSubmit={(body) => create.mutate({ key, body })}
          onCancel={onClose}
        />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={<Trans>Your new link</Trans>}
      description={<Trans>Copy it now: it is shown only this once.</Trans>}
      actions={
        <Button onClick={onClose}>
          <Trans>I have copied it</Trans>
        </Button>
      }
    >
      {made.url == null ? (
        <Notice tone="warn">
          <Trans>
            This link was made already, and its address was shown then. If nobody kept it, end it
            and make another.
          </Trans>
        </Notice>
      ) : (
        <div className="flex items-start gap-3 rounded-input bg-raised p-3">
          <code className="min-w-0 flex-1 select-all self-center font-mono text-caption [overflow-wrap:anywhere]">
            {made.url}
          </code>
          <CopyButton text={made.url} label={t`Copy the link`} />
        </div>
      )}
    </Dialog>
  );
}

function LinkForm({
  roles,
  call,
  onSubmit,
  onCancel,
}: {
  roles: readonly Role[];
  call: { isPending: boolean; error: Error | null };
  onSubmit: (body: LinkWish) => void;
  onCancel: () => void;
}) {
  const { t } = useLingui();
  const words = useInvitationWords();
  const [role, setRole] = useState(
    roles.some(({ key }) => key === USUAL) ? USUAL : (roles[0]?.key ?? ""),
  );
  const [days, setDays] = useState<Days>("7");
  return (
    <Form<{ domains?: string; max_uses: string }>
      {...formState(call, words(call.error))}
      onSubmit={({ domains, max_uses }) =>
        onSubmit({
          role,
          domains: domainsIn(domains ?? ""),
          max_uses: Number(max_uses),
          expires_at: endOf(days),
        })
      }
    >
      <RolePicker
        label={<Trans>Whoever comes in is</Trans>}
        roles={roles}
        value={role}
        onChange={setRole}
      />
      <Field
        name="domains"
        label={<Trans>Only addresses at</Trans>}
        placeholder={t`lakeside.example, example.com`}
        hint={
          <Trans>Domains of mail addresses. Leave it empty, and everybody may use the link.</Trans>
        }
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <Field
        name="max_uses"
        type="number"
        inputMode="numeric"
        label={<Trans>For how many people</Trans>}
        defaultValue="10"
        min={1}
        max={1000}
        required
        autoComplete="off"
      />
      <ChoiceGroup<Days>
        name="days"
        label={<Trans>It ends</Trans>}
        value={days}
        onChange={setDays}
        options={[
          { value: "1", label: t`in a day` },
          { value: "7", label: t`in a week` },
          { value: "30", label: t`in 30 days` },
        ]}
      />
      <FormActions onCancel={onCancel}>
        <Button type="submit" busy={call.isPending} unavailable={role === ""}>
          <Trans>Make the link</Trans>
        </Button>
      </FormActions>
    </Form>
  );
}

/** A minute early, because clocks differ and 30 days is the most. */
function endOf(days: Days): string {
  return new Date(Date.now() + Number(days) * DAY_MS - MINUTE_MS).toISOString();
}
