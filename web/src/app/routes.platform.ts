import { personRoutes } from "@/features/session/routes";
import { signupRoutes } from "@/features/signup/routes";
import { door, root } from "@/lib/frames";
import { Door } from "./shell/Door";
import { Root } from "./shell/Root";

/** The pages of the platform's own host. */
export const platformTree = () => [door.addChildren([...signupRoutes, ...personRoutes])] as const;

export function platformRoutes() {
  root.update({ component: Root });
  door.update({ component: Door });
  return root.addChildren([...platformTree()]);
}
