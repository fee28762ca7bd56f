import { Trans, useLingui } from "@lingui/react/macro";
import { CopyButton } from "@/ui/CopyButton";
import { Notice } from "@/ui/Notice";
import type { NewApiKey } from "../api";

/** The secret of a key, which only the answer shows that it came with. */
export function Secret({ made }: { made: NewApiKey }) {
  const { t } = useLingui();
  if (made.key == null) {
    return (
      <Notice tone="warn">
        <Trans>
          This key was made already, and its secret was shown then. If nobody stored it, revoke it
          and make another.
        </Trans>
      </Notice>
    );
  }
  return (
    <div className="flex items-start gap-3 rounded-input bg-raised p-3">
      <code className="min-w-0 flex-1 select-all self-center font-mono text-caption [overflow-wrap:anywhere]">
        {made.key}
      </code>
      <CopyButton text={made.key} label={t`Copy the key`} />
    </div>
  );
}
