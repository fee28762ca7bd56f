import { Trans } from "@lingui/react/macro";
import { Factors } from "@/features/factors";
import { useLogOut } from "@/features/session";
import { boot } from "@/lib/boot";
import { Button, buttonLook } from "@/ui/Button";
import { Page } from "@/ui/Page";
import { Deletion } from "./parts/Deletion";
import { Email } from "./parts/Email";
import { Looks } from "./parts/Looks";
import { Password } from "./parts/Password";
import { Profile } from "./parts/Profile";
import { Sessions } from "./parts/Sessions";

/** What concerns only the person, whatever the workspace. */
export function AccountPage() {
  const logOut = useLogOut();
  return (
    <Page
      narrow
      title={<Trans>Your account</Trans>}
      lead={<Trans>The same in all your workspaces.</Trans>}
      actions={
        <>
          <a href={`${boot.app_url}/tenants`} className={buttonLook("secondary")}>
            <Trans>Your workspaces</Trans>
          </a>
          <Button kind="secondary" busy={logOut.isPending} onClick={() => logOut.mutate()}>
            <Trans>Log out</Trans>
          </Button>
        </>
      }
    >
      <div className="grid gap-6">
        <Profile />
        <Email />
        <Looks />
        <Password />
        <Factors />
        <Sessions />
        <Deletion />
      </div>
    </Page>
  );
}
