import { Trans } from "@lingui/react/macro";
import { useCallback } from "react";
import { boot } from "@/lib/boot";
import { expiry } from "@/lib/expiry";
import { readSession, type Session } from "@/lib/session";
import { RequiredDialog } from "@/ui/Dialog";
import type { Who } from "./api";
import { LogIn } from "./LogIn";
import { PasskeyWindow } from "./parts/PasskeyWindow";
import { SsoWays } from "./parts/SsoWays";

/** The same person logs in over the page, and what they were doing goes on. For anybody else the page
 * is made anew. */
export default function ExpiredDialog({ user }: { user: Session["user"] }) {
  const back = useCallback(
    (session: Who) => {
      if (session.user?.id === user?.id) expiry.renewed();
      else location.replace("/");
    },
    [user],
  );
  // By a passkey, in another window.
  const look = useCallback(async () => {
    const session = await readSession<Session>().catch(() => null);
    if (session) back(session);
  }, [back]);
  const own = <LogIn email={user?.email} onDone={back} passkey={<PasskeyWindow onDone={look} />} />;
  return (
    <RequiredDialog
      open
      title={<Trans>Are you still there?</Trans>}
      description={
        <Trans>Your session has ended. Log in again, and everything on this page goes on.</Trans>
      }
    >
      {boot.kind === "tenant" ? (
        <SsoWays next={location.pathname + location.search}>{own}</SsoWays>
      ) : (
        own
      )}
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
