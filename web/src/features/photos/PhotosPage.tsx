import { Trans } from "@lingui/react/macro";
import { Page } from "@/ui/Page";

export function PhotosPage() {
  return <Page title={<Trans>Photos</Trans>} />;
}
