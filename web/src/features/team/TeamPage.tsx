import { Trans } from "@lingui/react/macro";
import { useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { useCan, useSession } from "@/lib/access";
import { buttonLook } from "@/ui/Button";
import { Section } from "@/ui/Page";
import { ShowMore } from "@/ui/ShowMore";
import { membersQuery, rolesQuery, useFreshMembers } from "./api";
import { Members } from "./parts/Members";
import { NotShown } from "./parts/NotShown";
import { Ownership } from "./parts/Ownership";
import { Removed } from "./parts/Removed";
import { Seats } from "./parts/Seats";
import { TeamPlace } from "./parts/TeamPlace";
import { TransferNotice } from "./parts/TransferNotice";
import { listed } from "./rules";

/** Who belongs to the workspace. */
export function TeamPage() {
  return useCan("members:read") ? <Team /> : <NotShown />;
}

function Team() {
  const { user } = useSession();
  const canManage = useCan("members:manage");
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const list = useSuspenseInfiniteQuery(membersQuery);
  useFreshMembers();
  const all = list.data.pages.flatMap(({ items }) => items);
  const { members, removed } = listed(all, user?.id);
  return (
    <TeamPlace
      title={<Trans>Team</Trans>}
      lead={<Trans>Who belongs to this workspace, and as what.</Trans>}
      actions={
        canManage && (
          <Link to="/office/team/invitations" search={{ invite: true }} className={buttonLook()}>
            <UserPlus aria-hidden className="size-4.5" />
            <Trans>Invite people</Trans>
          </Link>
        )
      }
    >
      <TransferNotice members={members} />
      <Section title={<Trans>People</Trans>}>
        <Seats />
        <Members members={members} roles={roles} isComplete={!list.hasNextPage} />
        {members.length === 1 && !list.hasNextPage && (
          <p className="text-quiet">
            <Trans>Only you so far. Nobody else can see or change what is in here.</Trans>
          </p>
        )}
        <ShowMore of={list} />
      </Section>
      {canManage && removed.length > 0 && <Removed removed={removed} all={all} roles={roles} />}
      <Ownership members={members} />
    </TeamPlace>
  );
}
