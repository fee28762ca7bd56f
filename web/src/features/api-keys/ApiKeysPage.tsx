import { Trans } from "@lingui/react/macro";
import { Page } from "@/ui/Page";

export function ApiKeysPage() {
  return <Page title={<Trans>API keys</Trans>} />;
}
