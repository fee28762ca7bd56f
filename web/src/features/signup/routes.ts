import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { door } from "@/lib/frames";

const startRoute = createRoute({
  getParentRoute: () => door,
  path: "/",
  component: lazyRouteComponent(() => import("./StartPage"), "StartPage"),
});

export const signupRoutes = [startRoute] as const;
