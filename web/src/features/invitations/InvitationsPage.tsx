import { Trans } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { lazy, Suspense } from "react";
import { givable, rolesQuery, Seats, TeamPlace } from "@/features/team";
import { useCan, useSession } from "@/lib/access";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { Section } from "@/ui/Page";
import { Invitations } from "./parts/Invitations";
import { Links } from "./parts/Links";

const InviteDialog = lazy(() => import("./parts/InviteDialog"));

const OWNER = "owner";

/** Who was asked into the workspace, and asking more. */
export function InvitationsPage() {
  return useCan("members:manage") ? <Place /> : <Refused />;
}

function Place() {
  const { state, invite } = useSearch({ from: "/workspace/office/team/invitations" });
  const navigate = useNavigate();
  const { permissions } = useSession();
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const open = (next: true | undefined) =>
    void navigate({
      to: "/office/team/invitations",
      search: { state, invite: next },
      replace: true,
    });
  // Nobody is invited as an owner.
  const offered = givable(roles, permissions).filter(({ key }) => key !== OWNER);
  return (
    <TeamPlace
      title={<Trans>Invitations</Trans>}
      lead={<Trans>Everybody gets a mail with a link of their own, which works for a week.</Trans>}
      actions={
        <Button onClick={() => open(true)}>
          <UserPlus aria-hidden className="size-4.5" />
          <Trans>Invite people</Trans>
        </Button>
      }
    >
      <Section title={<Trans>By mail</Trans>}>
        <Seats />
        <Invitations state={state ?? "pending"} roles={roles} />
      </Section>
      <Links roles={roles} offered={offered} />
      <Suspense>
        {invite && <InviteDialog roles={offered} onClose={() => open(undefined)} />}
      </Suspense>
    </TeamPlace>
  );
}

function Refused() {
  return (
    <TeamPlace
      title={<Trans>Invitations</Trans>}
      lead={<Trans>Everybody gets a mail with a link of their own, which works for a week.</Trans>}
    >
      <EmptyState title={<Trans>Your role does not let you invite people</Trans>}>
        <Trans>Ask an owner or admin.</Trans>
      </EmptyState>
    </TeamPlace>
  );
}
