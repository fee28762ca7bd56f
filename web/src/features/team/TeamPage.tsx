import { Trans } from "@lingui/react/macro";
import { useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useCan, useSession } from "@/lib/access";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { Page, Section } from "@/ui/Page";
import { membersQuery, rolesQuery, useFreshMembers } from "./api";
import { Members } from "./parts/Members";
import { Removed } from "./parts/Removed";
import { RolesExplained } from "./parts/RolesExplained";
import { Seats } from "./parts/Seats";
import { listed } from "./rules";

/** Who belongs to the workspace, and what each of them may do. */
export function TeamPage() {
  const canRead = useCan("members:read");
  if (!canRead) {
    return (
      <Page title={<Trans>Team</Trans>}>
        <EmptyState title={<Trans>Your role does not show who belongs here</Trans>}>
          <Trans>Ask an owner or admin.</Trans>
        </EmptyState>
      </Page>
    );
  }
  return <Team />;
}

function Team() {
  const { user } = useSession();
  const canManage = useCan("members:manage");
  const { data: roles } = useSuspenseQuery(rolesQuery);
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } =
    useSuspenseInfiniteQuery(membersQuery);
  useFreshMembers();
  const all = data.pages.flatMap(({ items }) => items);
  const { members, removed } = listed(all, user?.id);
  return (
    <Page
      title={<Trans>Team</Trans>}
      lead={<Trans>Who belongs to this workspace, and what each may do.</Trans>}
    >
      <div className="grid gap-6">
        <Section title={<Trans>People</Trans>}>
          <Seats />
          <Members members={members} roles={roles} isComplete={!hasNextPage} />
          {members.length === 1 && !hasNextPage && (
            <p className="text-quiet">
              <Trans>Only you so far. Nobody else can see or change what is in here.</Trans>
            </p>
          )}
          {hasNextPage && (
            <Button
              kind="secondary"
              busy={isFetchingNextPage}
              onClick={() => void fetchNextPage()}
              className="justify-self-center"
            >
              <Trans>Show more</Trans>
            </Button>
          )}
        </Section>
        {canManage && removed.length > 0 && <Removed removed={removed} all={all} roles={roles} />}
        <RolesExplained roles={roles} />
      </div>
    </Page>
  );
}
