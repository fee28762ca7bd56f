import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { boot } from "@/lib/boot";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { slugQuery } from "../api";
import { LONGEST_SLUG } from "../slugs";

// So that not every letter is a question.
const PAUSE_MS = 300;

/** The workspace's address as it is typed, and whether it is free. */
export function SlugField({
  value,
  onChange,
}: {
  value: string;
  onChange: (value: string) => void;
}) {
  const asked = useSettled(value, PAUSE_MS);
  const { data: found } = useQuery(slugQuery(asked));
  const answer = asked === value ? found : undefined;
  return (
    <div className="grid gap-1.5">
      <Field
        name="slug"
        label={<Trans>Its address</Trans>}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value.toLowerCase().trim())}
        required
        minLength={3}
        maxLength={LONGEST_SLUG}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <p role="status" className="min-h-5 text-caption text-quiet">
        {value && (
          <span className="[overflow-wrap:anywhere]">
            {value}.{boot.base_domain}
          </span>
        )}
        {answer?.available && (
          <span className="text-success">
            {" "}
            <Trans>is free</Trans>
          </span>
        )}
        {answer && !answer.available && (
          <span className="text-danger">
            {" "}
            <Refused reason={answer.reason ?? null} />
          </span>
        )}
      </p>
      {answer && !answer.available && answer.suggestion && (
        <Suggestion slug={answer.suggestion} onTake={onChange} />
      )}
    </div>
  );
}

function Refused({ reason }: { reason: string | null }) {
  if (reason === "slug_taken") return <Trans>is taken</Trans>;
  if (reason === "slug_reserved") return <Trans>is reserved</Trans>;
  return <Trans>needs 3 to 40 letters, digits or single hyphens, with a letter at the start</Trans>;
}

function Suggestion({ slug, onTake }: { slug: string; onTake: (slug: string) => void }) {
  return (
    <Button
      kind="secondary"
      size="small"
      className="justify-self-start"
      onClick={() => onTake(slug)}
    >
      <Trans>Take {slug}</Trans>
    </Button>
  );
}

function useSettled(value: string, milliseconds: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
