import { Trans } from "@lingui/react/macro";
import { useRouteContext } from "@tanstack/react-router";
import { useState } from "react";
import { formatDate } from "@/lib/format";
import { Heading } from "@/ui/Page";
import { Typed } from "@/ui/Typed";
import type { Offer } from "../api";
import { useRoleWord } from "../words";
import { Arrival } from "./Arrival";
import { AskForMail } from "./AskForMail";
import { Decline } from "./Decline";
import { JoinAsNewcomer } from "./JoinAsNewcomer";
import { JoinAsPerson } from "./JoinAsPerson";
import { OtherPerson } from "./OtherPerson";

/** What is offered, and the way to it for whoever looks at it. */
export function OfferShown({ offer, token }: { offer: Offer; token: string }) {
  const { person } = useRouteContext({ from: "/door/join" });
  const [joined, setJoined] = useState(false);
  const [declined, setDeclined] = useState(false);
  if (joined) return <Arrival url={offer.tenant.url} name={offer.brand.name} />;
  if (declined) return <Declined name={offer.brand.name} />;
  const isOther = person !== null && !isFor(offer, person.user.email);
  return (
    <div className="grid gap-8">
      <Head offer={offer} />
      {person === null && offer.kind === "invitation" && (
        <JoinAsNewcomer offer={offer} token={token} onJoined={() => setJoined(true)} />
      )}
      {person === null && offer.kind === "link" && <AskForMail offer={offer} token={token} />}
      {person !== null && isOther && <OtherPerson offer={offer} token={token} person={person} />}
      {person !== null && !isOther && (
        <JoinAsPerson
          offer={offer}
          token={token}
          person={person}
          onJoined={() => setJoined(true)}
        />
      )}
      {offer.kind === "invitation" && !isOther && (
        <Decline token={token} onDeclined={() => setDeclined(true)} />
      )}
    </div>
  );
}

/** Whether somebody with this address may take it. The server decides in the end. */
function isFor({ kind, email, domains }: Offer, own: string): boolean {
  const key = own.normalize("NFC").toLowerCase();
  if (kind === "invitation") return email?.normalize("NFC").toLowerCase() === key;
  return domains.length === 0 || domains.includes(key.slice(key.lastIndexOf("@") + 1));
}

function Head({ offer }: { offer: Offer }) {
  const { brand, tenant, role, invited_by, message, expires_at } = offer;
  const roleWord = useRoleWord()(role);
  const date = formatDate(expires_at);
  return (
    <header className="grid gap-4">
      <p className="flex min-w-0 items-center gap-3">
        <span
          aria-hidden
          className="grid size-11 shrink-0 place-items-center rounded-card bg-brand font-semibold text-lead text-on-brand"
        >
          {[...brand.name][0]?.toUpperCase()}
        </span>
        <span className="grid min-w-0">
          <bdi className="truncate font-medium">{brand.name}</bdi>
          <span className="truncate text-caption text-quiet">{new URL(tenant.url).host}</span>
        </span>
      </p>
      <div className="grid gap-1">
        <Heading className="[overflow-wrap:anywhere]">
          <Trans>
            Join <Typed text={brand.name} />
          </Trans>
        </Heading>
        <p className="text-quiet [overflow-wrap:anywhere]">
          <Trans>
            <Typed text={invited_by} /> invites you.
          </Trans>{" "}
          {roleWord && <Trans>You will be: {roleWord}.</Trans>} <Trans>Until {date}.</Trans>
        </p>
      </div>
      {message && (
        <blockquote className="border-brand border-l-2 pl-4 [overflow-wrap:anywhere]">
          <bdi>{message}</bdi>
        </blockquote>
      )}
    </header>
  );
}

function Declined({ name }: { name: string }) {
  return (
    <div role="status" className="grid gap-4">
      <Heading>
        <Trans>You have said no</Trans>
      </Heading>
      <p className="text-quiet">
        <Trans>
          You do not belong to <Typed text={name} />. If that was a mistake, ask for another
          invitation.
        </Trans>
      </p>
    </div>
  );
}
