import { createRoute } from "@tanstack/react-router";
import { root } from "@/lib/frames";
import { EmptyOps } from "./shell/EmptyOps";
import { Root } from "./shell/Root";

/** The operators' console. It has no pages yet. */
export function opsRoutes() {
  root.update({ component: Root });
  return root.addChildren([
    createRoute({ getParentRoute: () => root, path: "/", component: EmptyOps }),
  ]);
}
