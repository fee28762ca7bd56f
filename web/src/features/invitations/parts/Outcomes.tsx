import { Plural, Trans } from "@lingui/react/macro";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import type { Tone } from "@/ui/Notice";
import type { Outcome } from "../api";
import { useOutcomeNames } from "../words";

const TONES: Record<Outcome["outcome"], Tone> = {
  invited: "success",
  already_invited: "info",
  already_member: "info",
  invalid_address: "danger",
};
// What needs something done comes first.
const ORDER: Outcome["outcome"][] = [
  "invalid_address",
  "already_member",
  "already_invited",
  "invited",
];

/** What became of each address. */
export function Outcomes({
  outcomes,
  onCorrect,
  onClose,
}: {
  outcomes: readonly Outcome[];
  onCorrect: (wrong: string[]) => void;
  onClose: () => void;
}) {
  const names = useOutcomeNames();
  const sorted = [...outcomes].sort(
    (one, other) => ORDER.indexOf(one.outcome) - ORDER.indexOf(other.outcome),
  );
  const invited = outcomes.filter(({ outcome }) => outcome === "invited").length;
  const wrong = outcomes.filter(({ outcome }) => outcome === "invalid_address");
  return (
    <>
      <p role="status">
        <Plural
          value={invited}
          _0="No new mail goes out."
          one="# mail is on its way."
          other="# mails are on their way."
        />
      </p>
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keyboard
        tabIndex={0}
        className="grid max-h-[50dvh] content-start divide-y divide-line overflow-y-auto rounded-card border border-line px-4"
      >
        {sorted.map(({ email, outcome }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one address may stand there twice, and nothing moves
          <li key={place} className="flex flex-wrap justify-between gap-x-4 gap-y-1 py-2.5">
            <bdi className="min-w-0 [overflow-wrap:anywhere]">{email}</bdi>
            <Badge tone={TONES[outcome]}>{names[outcome]}</Badge>
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-3">
        <Button onClick={onClose}>
          <Trans>Done</Trans>
        </Button>
        {wrong.length > 0 && (
          <Button kind="secondary" onClick={() => onCorrect(wrong.map(({ email }) => email))}>
            <Plural value={wrong.length} one="Correct # address" other="Correct # addresses" />
          </Button>
        )}
      </div>
    </>
  );
}
