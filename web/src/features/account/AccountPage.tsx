import { Trans } from "@lingui/react/macro";
import { useLogOut } from "@/features/session";
import { Button } from "@/ui/Button";
import { Page } from "@/ui/Page";

export function AccountPage() {
  const logOut = useLogOut();
  return (
    <Page narrow title={<Trans>Your account</Trans>}>
      <Button kind="secondary" busy={logOut.isPending} onClick={() => logOut.mutate()}>
        <Trans>Log out</Trans>
      </Button>
    </Page>
  );
}
