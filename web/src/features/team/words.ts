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
    owner: t`May do everything: plan, other owners, and the end of the workspace too.`,
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

/** What a permission lets people do, in words. */
export function usePermissionWords(): (permission: string) => string {
  const { t } = useLingui();
  const words: Record<string, string> = {
    "tenant:read": t`see the workspace`,
    "projects:read": t`see photos`,
    "usage:read": t`see usage`,
    "members:read": t`see who belongs to it`,
    "projects:write": t`add, furnish and delete photos`,
    "shares:manage": t`share photos`,
    "tenant:manage": t`change name and brand`,
    "domains:manage": t`set up addresses of your own`,
    "members:manage": t`manage people`,
    "api_keys:manage": t`make API keys`,
    "webhooks:manage": t`connect other software`,
    "audit:read": t`see who did what`,
    "billing:read": t`see the plan and invoices`,
    "billing:manage": t`change the plan and pay`,
    "roles:manage": t`make roles`,
    "sso:manage": t`set up single sign-on`,
    "data:export": t`export everything`,
    "tenant:delete": t`delete the workspace`,
    "ownership:transfer": t`make others owners`,
  };
  return (permission) => words[permission] ?? permission;
}
