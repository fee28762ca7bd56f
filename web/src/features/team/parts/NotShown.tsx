import { Trans } from "@lingui/react/macro";
import { EmptyState } from "@/ui/EmptyState";
import { Page } from "@/ui/Page";

/** Instead of a page about people, for roles that do not show them. */
export function NotShown() {
  return (
    <Page title={<Trans>Team</Trans>}>
      <EmptyState title={<Trans>Your role does not show who belongs here</Trans>}>
        <Trans>Ask an owner or admin.</Trans>
      </EmptyState>
    </Page>
  );
}
