import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useState } from "react";
import { useSession } from "@/lib/access";
import { formatDate, formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import type { Member, Role } from "../api";
import { useRestoreMember } from "../mutations";
import { isOnlyOwner, mayDecide } from "../rules";
import { useRoleName } from "../words";
import { Person } from "./Person";
import { useRestoreWords } from "./refusals";

// What opens over the list.
const RoleDialog = lazy(() => import("./RoleDialog"));
const RemoveDialog = lazy(() => import("./RemoveDialog"));
const LeaveDialog = lazy(() => import("./LeaveDialog"));
const LogOutDialog = lazy(() => import("./LogOutDialog"));
const ResetDialog = lazy(() => import("./ResetDialog"));

type Open = { what: "role" | "remove" | "leave" | "logout" | "reset"; member: Member };

/** The people of the workspace, and what one may do about each. */
export function Members({
  members,
  roles,
  isComplete,
}: {
  members: Member[];
  roles: Role[];
  isComplete: boolean;
}) {
  const { t } = useLingui();
  const { user, permissions } = useSession();
  const [open, setOpen] = useState<Open | null>(null);
  const restore = useRestoreMember();
  const restoreWords = useRestoreWords();
  const close = () => setOpen(null);
  const removed = (member: Member) => {
    close();
    toast({
      title: t`${member.name} does not belong to the workspace any more.`,
      action: { label: t`Undo`, onClick: () => restore.mutate({ member }) },
    });
  };
  return (
    <>
      {restore.error && (
        <Notice tone="danger" title={<Trans>They are still removed</Trans>}>
          {wordsFor(restore.error, restoreWords)}
        </Notice>
      )}
      <ul className="grid divide-y divide-line">
        {members.map((member) => (
          <Line
            key={member.id}
            member={member}
            role={roles.find(({ key }) => key === member.role)}
            isYou={member.user_id === user?.id}
            isOnlyOwner={isOnlyOwner(member, members, isComplete)}
            isAlone={members.length === 1}
            onOpen={(what) => setOpen({ what, member })}
          />
        ))}
      </ul>
      <Suspense>
        {open?.what === "role" && (
          <RoleDialog
            member={open.member}
            roles={roles}
            permissions={permissions}
            isYou={open.member.user_id === user?.id}
            onClose={close}
          />
        )}
        {open?.what === "remove" && (
          <RemoveDialog
            member={open.member}
            onRemoved={() => removed(open.member)}
            onClose={close}
          />
        )}
        {open?.what === "leave" && <LeaveDialog member={open.member} onClose={close} />}
        {open?.what === "logout" && <LogOutDialog member={open.member} onClose={close} />}
        {open?.what === "reset" && <ResetDialog member={open.member} onClose={close} />}
      </Suspense>
    </>
  );
}

function Line({
  member,
  role,
  isYou,
  isOnlyOwner,
  isAlone,
  onOpen,
}: {
  member: Member;
  role: Role | undefined;
  isYou: boolean;
  isOnlyOwner: boolean;
  isAlone: boolean;
  onOpen: (what: Open["what"]) => void;
}) {
  const { t } = useLingui();
  const { permissions } = useSession();
  const roleName = useRoleName();
  const decides = mayDecide(permissions, role);
  const { name, joined_at } = member;
  const date = formatDate(joined_at);
  const called = roleName(role);
  return (
    <Person
      person={member}
      isYou={isYou}
      note={
        <>
          <time dateTime={joined_at} title={formatTime(joined_at)}>
            <Trans>since {date}</Trans>
          </time>
          {isYou && isOnlyOwner && !isAlone && (
            <span className="block">
              <Trans>As the only owner you cannot leave: make somebody else an owner first.</Trans>
            </span>
          )}
        </>
      }
    >
      <span className="max-sm:w-full sm:max-w-48 sm:text-right">
        <bdi>{called}</bdi>
      </span>
      {decides && !isOnlyOwner && (
        <Button
          kind="secondary"
          size="small"
          aria-label={t`Change role of ${name}`}
          onClick={() => onOpen("role")}
        >
          <Trans>Change role</Trans>
        </Button>
      )}
      {isYou && !isOnlyOwner && (
        <Button kind="secondary" size="small" onClick={() => onOpen("leave")}>
          <Trans>Leave</Trans>
        </Button>
      )}
      {!isYou && permissions.includes("ownership:transfer") && (
        <Button
          kind="secondary"
          size="small"
          aria-label={t`Second factor of ${name}`}
          onClick={() => onOpen("reset")}
        >
          <Trans>Lost second factor</Trans>
        </Button>
      )}
      {!isYou && decides && (
        <Button
          kind="secondary"
          size="small"
          aria-label={t`Log out ${name}`}
          onClick={() => onOpen("logout")}
        >
          <Trans>Log out</Trans>
        </Button>
      )}
      {!isYou && decides && (
        <Button
          kind="secondary"
          size="small"
          aria-label={t`Remove ${name}`}
          onClick={() => onOpen("remove")}
        >
          <Trans>Remove</Trans>
        </Button>
      )}
    </Person>
  );
}
