import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { door } from "@/lib/frames";
import { sessionQuery } from "@/lib/session";
import { pathOf } from "./next";

const logInRoute = createRoute({
  getParentRoute: () => door,
  path: "/login",
  validateSearch: ({ next }: Record<string, unknown>) => pathOf(next),
  beforeLoad: async ({ context, search }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (session) throw redirect({ href: search.next ?? "/" });
  },
  component: lazyRouteComponent(() => import("./LogInPage"), "LogInPage"),
});

export const sessionRoutes = [logInRoute] as const;

/** The same on the platform's host, where a person is signed in without a workspace. */
export const personRoutes = [] as const;
