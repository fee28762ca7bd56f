import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { type Role, RolePicker, useSeats } from "@/features/team";
import { boot, type Locale } from "@/lib/boot";
import { formatNumber } from "@/lib/format";
import { formState } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { ChoiceGroup } from "@/ui/ChoiceGroup";
import { Dialog, FormActions } from "@/ui/Dialog";
import { Form } from "@/ui/Form";
import { TextArea } from "@/ui/TextArea";
import { addressesIn, MOST } from "../addresses";
import type { Outcome } from "../api";
import { useInvite } from "../mutations";
import { useInvitationWords } from "../words";
import { Outcomes } from "./Outcomes";

// What most people who are invited do.
const USUAL = "member";

/** Ask people in by mail; then what became of each address. */
export default function InviteDialog({
  roles,
  onClose,
}: {
  roles: readonly Role[];
  onClose: () => void;
}) {
  const [text, setText] = useState("");
  const [outcomes, setOutcomes] = useState<Outcome[] | null>(null);
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={outcomes ? <Trans>What became of them</Trans> : <Trans>Invite people</Trans>}
    >
      {outcomes ? (
        <Outcomes
          outcomes={outcomes}
          onClose={onClose}
          onCorrect={(wrong) => {
            setText(wrong.join("\n"));
            setOutcomes(null);
          }}
        />
      ) : (
        <InviteForm
          roles={roles}
          text={text}
          onText={setText}
          onDone={setOutcomes}
          onCancel={onClose}
        />
      )}
    </Dialog>
  );
}

function InviteForm({
  roles,
  text,
  onText,
  onDone,
  onCancel,
}: {
  roles: readonly Role[];
  text: string;
  onText: (text: string) => void;
  onDone: (outcomes: Outcome[]) => void;
  onCancel: () => void;
}) {
  const { t } = useLingui();
  const invite = useInvite();
  const words = useInvitationWords();
  const [role, setRole] = useState(
    roles.some(({ key }) => key === USUAL) ? USUAL : (roles[0]?.key ?? ""),
  );
  const [locale, setLocale] = useState<Locale>(boot.locale);
  const { addresses, unreadable } = addressesIn(text);
  const isReady = addresses.length > 0 && addresses.length <= MOST && role !== "";
  return (
    <Form<{ message?: string }>
      {...formState(invite, words(invite.error), { names: { emails: "addresses" } })}
      busy={invite.isPending || !isReady}
      onSubmit={({ message }) =>
        invite.mutate(
          {
            emails: addresses,
            role,
            message: message?.replace(/\s+/g, " ").trim() || null,
            locale,
          },
          { onSuccess: onDone },
        )
      }
    >
      <div className="grid gap-1.5">
        <TextArea
          name="addresses"
          label={<Trans>Their addresses</Trans>}
          placeholder={t`grace@example.com, Ada Lovelace <ada@example.com>`}
          hint={<Trans>Paste a list, a column of a table or the head of a mail: up to 500.</Trans>}
          value={text}
          onChange={(event) => onText(event.currentTarget.value)}
          rows={4}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
        />
        <Count addresses={addresses.length} unreadable={unreadable} />
      </div>
      <RolePicker label={<Trans>Role</Trans>} roles={roles} value={role} onChange={setRole} />
      <TextArea
        name="message"
        label={<Trans>A few words to them, if you like</Trans>}
        hint={<Trans>Plain text without links.</Trans>}
        rows={2}
        maxLength={300}
      />
      <ChoiceGroup<Locale>
        name="locale"
        label={<Trans>Language of the mail, for those who have not chosen one</Trans>}
        value={locale}
        onChange={setLocale}
        options={[
          { value: "en", label: "English" },
          { value: "de", label: "Deutsch" },
        ]}
      />
      <FormActions onCancel={onCancel}>
        <Button type="submit" busy={invite.isPending} unavailable={!isReady}>
          {addresses.length === 0 ? (
            <Trans>Send the invitations</Trans>
          ) : (
            <Plural value={addresses.length} one="Invite # person" other="Invite # people" />
          )}
        </Button>
      </FormActions>
    </Form>
  );
}

/** What was found in the text, and whether there are seats for all. */
function Count({ addresses, unreadable }: { addresses: number; unreadable: string[] }) {
  const { seats } = useSeats();
  const free = seats?.remaining ?? null;
  const most = formatNumber(MOST);
  return (
    <div aria-live="polite" className="grid gap-1 text-caption">
      {addresses > 0 && (
        <p>
          <Plural value={addresses} one="# address" other="# addresses" />
        </p>
      )}
      {addresses > MOST && (
        <p className="text-danger">
          <Trans>At most {most} at once: send the rest after these.</Trans>
        </p>
      )}
      {unreadable.length > 0 && (
        <p className="text-warn [overflow-wrap:anywhere]">
          <Trans>Not an address, and left out: {shown(unreadable)}</Trans>
        </p>
      )}
      {free !== null && addresses > Math.max(free, 0) && (
        <p className="text-quiet">
          <Plural
            value={Math.max(free, 0)}
            _0="No seat is free. They can join as soon as there is one."
            one="# seat is free: the first who accepts gets it."
            other="# seats are free: the first who accept get them."
          />
        </p>
      )}
    </div>
  );
}

const SHOWN = 5;

function shown(pieces: string[]): string {
  const first = pieces.slice(0, SHOWN).join(", ");
  return pieces.length > SHOWN ? `${first} …` : first;
}
