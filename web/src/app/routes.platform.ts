import { emailUndoRoutes, personAccountRoutes } from "@/features/account/routes";
import { joinRoutes } from "@/features/join/routes";
import { resetRoutes } from "@/features/reset/routes";
import { personRoutes } from "@/features/session/routes";
import { signupRoutes, startRoutes } from "@/features/signup/routes";
import { ssoPlatformRoutes } from "@/features/sso/routes";
import { workspacesRoutes } from "@/features/workspaces/routes";
import { door, platform, root } from "@/lib/frames";
import { Door } from "./shell/Door";
import { Platform } from "./shell/Platform";
import { Root } from "./shell/Root";

/** The pages of the platform's own host. */
export const platformTree = () =>
  [
    ...startRoutes,
    door.addChildren([
      ...signupRoutes,
      ...personRoutes,
      ...resetRoutes,
      ...joinRoutes,
      ...emailUndoRoutes,
      ...ssoPlatformRoutes,
    ]),
    platform.addChildren([...workspacesRoutes, ...personAccountRoutes]),
  ] as const;

export function platformRoutes() {
  root.update({ component: Root });
  door.update({ component: Door });
  platform.update({ component: Platform });
  return root.addChildren([...platformTree()]);
}
