import { accountRoutes, secondFactorRoutes } from "@/features/account/routes";
import { apiKeyRoutes } from "@/features/api-keys/routes";
import { brandingRoutes } from "@/features/branding/routes";
import { invitationsRoutes } from "@/features/invitations/routes";
import { officeRoutes } from "@/features/office/routes";
import { photoRoutes } from "@/features/photo/routes";
import { photosRoutes } from "@/features/photos/routes";
import { securityRoutes } from "@/features/security/routes";
import { sessionRoutes } from "@/features/session/routes";
import { ssoDoorRoutes, ssoRoutes } from "@/features/sso/routes";
import { teamRoutes } from "@/features/team/routes";
import { usageRoutes } from "@/features/usage/routes";
import { enterRoutes } from "@/features/workspaces/routes";
import { door, office, root, workspace } from "@/lib/frames";
import { galleryRoutes } from "./gallery/routes";
import { Door } from "./shell/Door";
import { Office } from "./shell/Office";
import { Root } from "./shell/Root";
import { Workspace } from "./shell/Workspace";

/** The pages of a workspace's host. A feature's routes are listed here, one line for each frame. */
export const tenantTree = () =>
  [
    workspace.addChildren([
      ...photosRoutes,
      ...photoRoutes,
      ...accountRoutes,
      office.addChildren([
        ...officeRoutes,
        ...usageRoutes,
        ...teamRoutes,
        ...invitationsRoutes,
        ...apiKeyRoutes,
        ...brandingRoutes,
        ...securityRoutes,
        ...ssoRoutes,
      ]),
    ]),
    door.addChildren([...sessionRoutes, ...enterRoutes, ...secondFactorRoutes, ...ssoDoorRoutes]),
  ] as const;

export function tenantRoutes() {
  root.update({ component: Root });
  workspace.update({ component: Workspace });
  office.update({ component: Office });
  door.update({ component: Door });
  return root.addChildren([...tenantTree(), ...galleryRoutes()]);
}
