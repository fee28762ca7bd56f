import { Trans } from "@lingui/react/macro";
import { Page } from "@/ui/Page";

export function BrandPage() {
  return <Page title={<Trans>Brand</Trans>} />;
}
