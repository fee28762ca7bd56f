import { Trans, useLingui } from "@lingui/react/macro";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./Button";

/** Copies a text and says so. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useLingui();
  const [said, setSaid] = useState<"copied" | "refused" | null>(null);
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(null), 3000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid("copied"),
      () => setSaid("refused"),
    );
  return (
    <Button kind="secondary" size="small" onClick={() => void copy()} aria-label={label ?? t`Copy`}>
      {said === "copied" ? (
        <Check aria-hidden className="size-4" />
      ) : (
        <Copy aria-hidden className="size-4" />
      )}
      <span aria-live="polite">
        {said === "copied" && <Trans>Copied</Trans>}
        {said === "refused" && <Trans>Select and copy it</Trans>}
        {!said && <Trans>Copy</Trans>}
      </span>
    </Button>
  );
}
