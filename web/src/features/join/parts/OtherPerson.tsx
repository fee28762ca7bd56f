import { Trans } from "@lingui/react/macro";
import type { PersonSession } from "@/lib/session";
import { buttonLook } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import type { Offer } from "../api";
import { OtherAccount } from "./OtherAccount";

/** Somebody who is logged in with an address that the offer is not for: they are told, and nothing is taken from whom
 * it is for. */
export function OtherPerson({
  offer,
  token,
  person,
}: {
  offer: Offer;
  token: string;
  person: PersonSession;
}) {
  const { email } = person.user;
  return (
    <div className="grid gap-4">
      <Notice tone="warn" title={<Trans>You are signed in as somebody else</Trans>}>
        <span className="[overflow-wrap:anywhere]">
          {offer.kind === "invitation" ? (
            <Trans>
              This invitation is for <Typed text={offer.email ?? ""} />, and you are signed in as{" "}
              <Typed text={email} />.
            </Trans>
          ) : (
            <Trans>
              This link is only for addresses at {offer.domains.join(", ")}, and you are signed in
              as <Typed text={email} />.
            </Trans>
          )}
        </span>
      </Notice>
      <OtherAccount token={token} kind="primary" />
      <a href="/tenants" className={`${buttonLook("quiet")} -ml-4 justify-self-start`}>
        <Trans>My workspaces</Trans>
      </a>
    </div>
  );
}
