import { Trans } from "@lingui/react/macro";
import { boot } from "@/lib/boot";
import { expiry } from "@/lib/expiry";
import type { PersonSession, Session } from "@/lib/session";
import { RequiredDialog } from "@/ui/Dialog";
import { LogInForm } from "./LogInForm";

/** The same person logs in over the page, and what they were doing goes on. For anybody else the page
 * is made anew. */
export default function ExpiredDialog({ user }: { user: Session["user"] }) {
  const back = (session: Session | PersonSession) => {
    if (session.user?.id === user?.id) expiry.renewed();
    else location.replace("/");
  };
  return (
    <RequiredDialog
      open
      title={<Trans>Are you still there?</Trans>}
      description={
        <Trans>Your session has ended. Log in again, and everything on this page goes on.</Trans>
      }
    >
      <LogInForm email={user?.email} onDone={back} />
      {boot.kind === "tenant" && (
        <a
          href={`${boot.app_url}/tenants`}
          className="justify-self-start text-quiet underline-offset-4 hover:underline"
        >
          <Trans>Your other workspaces</Trans>
        </a>
      )}
    </RequiredDialog>
  );
}
