import { useLingui } from "@lingui/react/macro";
import type { Role } from "./api";

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

/** What a role has from the one that it builds on, in words. */
export function useBaseWords(): (base: Role) => string {
  const { t } = useLingui();
  const words: Record<string, string> = {
    viewer: t`all that viewers may do`,
    member: t`all that members may do`,
    admin: t`all that admins may do`,
  };
  return ({ key, name }) => words[key] ?? name;
}

/** What permissions let people do in this app, in words. For some there is nothing to do in it yet. */
export function usePermissionWords(): (permissions: readonly string[]) => string[] {
  const { t } = useLingui();
  // In this order.
  const words: Record<string, string> = {
    "projects:read": t`see photos`,
    "usage:read": t`see usage`,
    "tenant:read": t`see the workspace`,
    "members:read": t`see who belongs to it`,
    "projects:write": t`add, furnish and delete photos`,
    "members:manage": t`manage people`,
    "tenant:manage": t`change name and brand`,
    "api_keys:manage": t`make API keys`,
    "ownership:transfer": t`make others owners`,
  };
  return (permissions) =>
    Object.keys(words)
      .filter((each) => permissions.includes(each))
      .map((each) => words[each] ?? each);
}
