import { Trans } from "@lingui/react/macro";
import { EmptyState } from "@/ui/EmptyState";

export function EmptyOps() {
  return (
    <main className="grid min-h-dvh content-center">
      <EmptyState title={<Trans>The console is not here yet</Trans>} />
    </main>
  );
}
