import type { Member, Role } from "./api";

const OWNER = "owner";

/** The people of the workspace as they are listed: oneself, then by name; and those who were removed, the last
 * one first. */
export function listed(all: readonly Member[], ownId: string | undefined) {
  const isOther = ({ user_id }: Member) => Number(user_id !== ownId);
  const members = all
    .filter(({ removed_at }) => !removed_at)
    .sort((one, other) => isOther(one) - isOther(other) || one.name.localeCompare(other.name));
  const removed = all
    .filter(({ removed_at }) => removed_at)
    .sort((one, other) => (other.removed_at ?? "").localeCompare(one.removed_at ?? ""));
  return { members, removed };
}

/** Whether somebody with these permissions may decide about a role: nobody gives or takes what they do not
 * have. Of a role that does not exist any more there is nothing to take. */
export function mayDecide(permissions: readonly string[], role: Role | undefined): boolean {
  if (!permissions.includes("members:manage")) return false;
  return role?.permissions.every((each) => permissions.includes(each)) ?? true;
}

/** The roles that somebody with these permissions may give. */
export function givable(roles: readonly Role[], permissions: readonly string[]): Role[] {
  return roles.filter((role) => mayDecide(permissions, role));
}

/** Whether the workspace would be left without an owner. `isComplete`: nobody is missing from the list;
 * where somebody is, the server decides. */
export function isOnlyOwner(
  { id, role }: Member,
  members: readonly Member[],
  isComplete: boolean,
): boolean {
  if (role !== OWNER || !isComplete) return false;
  return !members.some((each) => each.role === OWNER && each.id !== id);
}
