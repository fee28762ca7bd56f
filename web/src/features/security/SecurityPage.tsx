import { Trans } from "@lingui/react/macro";
import { Page } from "@/ui/Page";
import { SecondFactorRule } from "./parts/SecondFactorRule";

/** How people get into the workspace. */
export function SecurityPage() {
  return (
    <Page
      narrow
      title={<Trans>Security</Trans>}
      lead={<Trans>How people get into this workspace.</Trans>}
    >
      <div className="grid gap-6">
        <SecondFactorRule />
      </div>
    </Page>
  );
}
