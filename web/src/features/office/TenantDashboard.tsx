import { Trans } from "@lingui/react/macro";
import { Page } from "@/ui/Page";

export function TenantDashboard() {
  return <Page title={<Trans>Office</Trans>} />;
}
