import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { workspace } from "@/lib/frames";

const accountRoute = createRoute({
  getParentRoute: () => workspace,
  path: "/me",
  component: lazyRouteComponent(() => import("./AccountPage"), "AccountPage"),
});

export const accountRoutes = [accountRoute] as const;
