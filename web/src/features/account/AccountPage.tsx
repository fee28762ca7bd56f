import { Trans } from "@lingui/react/macro";
import { Page } from "@/ui/Page";

export function AccountPage() {
  return <Page title={<Trans>Your account</Trans>} />;
}
