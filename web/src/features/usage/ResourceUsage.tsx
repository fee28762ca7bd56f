import { Trans } from "@lingui/react/macro";
import { Page } from "@/ui/Page";

export function ResourceUsage() {
  return <Page title={<Trans>Usage</Trans>} />;
}
