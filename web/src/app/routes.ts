import { root } from "@/lib/frames";
import { platformTree } from "./routes.platform";
import { tenantTree } from "./routes.tenant";

/** All pages of all hosts: for the types of links only, it is never called. */
export const everyRoute = () => root.addChildren([...tenantTree(), ...platformTree()]);
