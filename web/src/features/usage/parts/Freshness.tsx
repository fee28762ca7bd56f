import { Trans } from "@lingui/react/macro";
import { formatAgo } from "@/lib/format";
import { Notice } from "@/ui/Notice";
import type { Usage } from "../api";
import { isOutdated } from "../rules";

/** How old the figures are; loudly if they are older than people expect. */
export function Freshness({ usage }: { usage: Usage }) {
  const ago = formatAgo(usage.as_of);
  if (isOutdated(usage)) {
    return (
      <Notice tone="warn" title={<Trans>These figures are from {ago}</Trans>}>
        <Trans>
          Newer ones will be here as soon as they can be read. Nothing is counted twice.
        </Trans>
      </Notice>
    );
  }
  return (
    <p className="text-caption text-quiet">
      <Trans>As of {ago}. What is furnished is counted within seconds.</Trans>
    </p>
  );
}
