import { createRoute } from "@tanstack/react-router";
import { door } from "@/lib/frames";
import { personQuery } from "@/lib/session";
import { lazyPage } from "@/lib/texts";

const joinRoute = createRoute({
  getParentRoute: () => door,
  path: "/join",
  beforeLoad: async ({ context }) => ({
    person: await context.queries.ensureQueryData(personQuery),
  }),
  component: lazyPage("join", () => import("./JoinPage"), "JoinPage"),
});

export const joinRoutes = [joinRoute] as const;
