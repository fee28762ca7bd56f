import { createRoute, redirect } from "@tanstack/react-router";
import { door } from "@/lib/frames";
import { personQuery, sessionQuery } from "@/lib/session";
import { lazyPage } from "@/lib/texts";
import { pathOf } from "./next";

const logInRoute = createRoute({
  getParentRoute: () => door,
  path: "/login",
  validateSearch: ({ next }: Record<string, unknown>) => pathOf(next),
  beforeLoad: async ({ context, search }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (session) throw redirect({ href: search.next ?? "/" });
  },
  loader: async ({ context }) => {
    const { waysQuery } = await import("@/features/sso");
    await context.queries.ensureQueryData(waysQuery);
  },
  component: lazyPage("session", () => import("./LogInPage"), "LogInPage"),
});

/** The end of a way in that began over another page. */
const enteredRoute = createRoute({
  getParentRoute: () => door,
  path: "/entered",
  component: lazyPage("session", () => import("./EnteredPage"), "EnteredPage"),
});

export const sessionRoutes = [logInRoute, enteredRoute] as const;

/** The same on the platform's host, where a person is signed in without a workspace. */
const personLogInRoute = createRoute({
  getParentRoute: () => door,
  path: "/login",
  validateSearch: ({ next }: Record<string, unknown>) => pathOf(next),
  beforeLoad: async ({ context, search }) => {
    const person = await context.queries.ensureQueryData(personQuery);
    if (person) throw redirect({ href: search.next ?? "/tenants" });
  },
  component: lazyPage("session", () => import("./PersonLogInPage"), "PersonLogInPage"),
});

export const personRoutes = [personLogInRoute] as const;
