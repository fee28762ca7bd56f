import { useLingui } from "@lingui/react/macro";
import type { Role } from "./api";
import { GROUPS, usePermissionNames } from "./permissions";

const ALL = Object.values(GROUPS).flat();

/** The name of a role. Those that the workspace has made are called as it calls them. */
export function useRoleName(): (role: Role | undefined) => string {
  const { t } = useLingui();
  const names: Record<string, string> = {
    owner: t`Owner`,
    admin: t`Admin`,
    member: t`Member`,
    viewer: t`Viewer`,
  };
  return (role) => (role === undefined ? t`No role` : (names[role.key] ?? role.name));
}

/** What a role is for, in a sentence; null for those that the workspace has made. */
export function useRoleSentence(): (role: Role) => string | null {
  const { t } = useLingui();
  const sentences: Record<string, string> = {
    owner: t`May do everything, also make others owners.`,
    admin: t`Runs the workspace: people, brand, keys.`,
    member: t`Adds photos and has them furnished.`,
    viewer: t`Looks at everything and changes nothing.`,
  };
  return ({ key }) => sentences[key] ?? null;
}

/** What permissions let people do, in one line. */
export function useAbilities(): (permissions: readonly string[]) => string {
  const names = usePermissionNames();
  return (permissions) =>
    ALL.filter((each) => permissions.includes(each))
      .map((each) => names[each])
      .join(" · ");
}
