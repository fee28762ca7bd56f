import { createRoute } from "@tanstack/react-router";
import { office } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { signInQuery } from "./api";

const securityRoute = createRoute({
  getParentRoute: () => office,
  path: "/security",
  loader: ({ context }) => context.queries.ensureQueryData(signInQuery),
  component: lazyPage("security", () => import("./SecurityPage"), "SecurityPage"),
});

export const securityRoutes = [securityRoute] as const;
