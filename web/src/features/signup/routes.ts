import { createRoute, redirect } from "@tanstack/react-router";
import { door, root } from "@/lib/frames";
import { personQuery } from "@/lib/session";
import { lazyPage } from "@/lib/texts";
import { readPending } from "./pending";

const startRoute = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context }) => {
    if (await context.queries.ensureQueryData(personQuery)) throw redirect({ to: "/tenants" });
  },
  component: lazyPage("signup", () => import("./StartPage"), "StartPage"),
});

const signUpRoute = createRoute({
  getParentRoute: () => door,
  path: "/signup",
  component: lazyPage("signup", () => import("./SignUpPage"), "SignUpPage"),
});

const codeRoute = createRoute({
  getParentRoute: () => door,
  path: "/signup/code",
  beforeLoad: () => {
    const pending = readPending();
    if (!pending) throw redirect({ to: "/signup" });
    return { pending };
  },
  component: lazyPage(["signup", "workspaces"], () => import("./CodePage"), "CodePage"),
});

/** The first page has the whole width. */
export const startRoutes = [startRoute] as const;
export const signupRoutes = [signUpRoute, codeRoute] as const;
