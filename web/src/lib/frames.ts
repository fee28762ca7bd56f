import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, redirect } from "@tanstack/react-router";
import { expiry } from "./expiry";
import { personQuery, sessionQuery } from "./session";

// The frames that pages stand in. They have no looks here: `app/` gives each its component, so that a
// feature can name its frame without knowing the shell.

export const root = createRootRouteWithContext<{ queries: QueryClient }>()();

/** Pages of a workspace, for people who are signed in there. */
export const workspace = createRoute({
  getParentRoute: () => root,
  id: "workspace",
  beforeLoad: async ({ context, location }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    const search = { next: location.href } as never;
    if (!session) throw redirect({ to: "/login", search });
    if (session.restriction) throw redirect({ to: "/second-factor", search });
    expiry.armed = true;
    return { session };
  },
});

/** Pages about the workspace itself, for those who run it. They stand in the workspace's frame. */
export const office = createRoute({ getParentRoute: () => workspace, path: "/office" });

/** Pages for those who are not signed in yet, on any host: one narrow column. */
export const door = createRoute({ getParentRoute: () => root, id: "door" });

/** Pages of the platform's own host, for people who are signed in there. */
export const platform = createRoute({
  getParentRoute: () => root,
  id: "platform",
  beforeLoad: async ({ context, location }) => {
    const person = await context.queries.ensureQueryData(personQuery);
    if (!person) throw redirect({ to: "/login", search: { next: location.href } as never });
    expiry.armed = true;
    return { person };
  },
});
