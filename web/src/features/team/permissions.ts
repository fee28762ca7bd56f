import { useLingui } from "@lingui/react/macro";
import type { RoleWish } from "./api";

export type Permission = RoleWish["permissions"][number];

/** What permissions are about, from what most people do to what few may. */
export const GROUPS = {
  photos: ["projects:read", "projects:write", "shares:manage"],
  workspace: ["tenant:read", "tenant:manage", "domains:manage", "audit:read"],
  people: ["members:read", "members:manage", "roles:manage", "sso:manage"],
  money: ["usage:read", "billing:read", "billing:manage"],
  programs: ["api_keys:manage", "webhooks:manage"],
  whole: ["data:export", "tenant:delete", "ownership:transfer"],
} as const satisfies Record<string, readonly Permission[]>;

export type Group = keyof typeof GROUPS;

/** What every role has that is made here: without it, most pages would have nothing to show. */
export const ALWAYS: readonly string[] = [
  "projects:read",
  "tenant:read",
  "members:read",
  "usage:read",
] satisfies Permission[];

// What is of no use without another.
const NEEDS: Partial<Record<string, Permission>> = { "billing:manage": "billing:read" };

// Only owners can have them: to hand the workspace on as a whole, and to say who speaks for its people.
const OWNERS_ALONE = ["ownership:transfer", "sso:manage"];

/** What somebody with these permissions may put into a role. */
export function grantable(permissions: readonly string[]): string[] {
  return permissions.filter((each) => !OWNERS_ALONE.includes(each));
}

/** The permissions of a role after one was switched on or off: what it needs comes with it, and what needs it
 * goes with it. */
export function switched(before: readonly string[], permission: string, isOn: boolean): string[] {
  if (isOn) {
    const needed = NEEDS[permission];
    return [...new Set([...before, permission, ...(needed ? [needed] : [])])];
  }
  return before.filter((each) => each !== permission && NEEDS[each] !== permission);
}

/** What each permission lets people do, as the beginning of a line. */
export function usePermissionNames(): Record<Permission, string> {
  const { t } = useLingui();
  return {
    "projects:read": t`See photos`,
    "projects:write": t`Add, furnish and delete photos`,
    "shares:manage": t`Share photos by links`,
    "tenant:read": t`See name and brand of the workspace`,
    "tenant:manage": t`Change name and brand of the workspace`,
    "domains:manage": t`Connect domains of one’s own`,
    "audit:read": t`Read who did what`,
    "members:read": t`See who belongs to the workspace`,
    "members:manage": t`Invite, change and remove people`,
    "roles:manage": t`Make roles`,
    "sso:manage": t`Decide how people log in`,
    "usage:read": t`See usage`,
    "billing:read": t`See plan and invoices`,
    "billing:manage": t`Change the plan`,
    "api_keys:manage": t`Make API keys`,
    "webhooks:manage": t`Have programs notified`,
    "data:export": t`Take all data out`,
    "tenant:delete": t`Delete the workspace`,
    "ownership:transfer": t`Make others owners, hand over the workspace`,
  };
}

/** What the groups are called. */
export function useGroupNames(): Record<Group, string> {
  const { t } = useLingui();
  return {
    photos: t`Photos`,
    workspace: t`Workspace`,
    people: t`People`,
    money: t`Usage and money`,
    programs: t`Programs`,
    whole: t`The workspace as a whole`,
  };
}
