import { Trans } from "@lingui/react/macro";
import { Page } from "@/ui/Page";

export function PhotoPage() {
  return <Page title={<Trans>Photo</Trans>} />;
}
