import { type AnyRoute, createRouter } from "@tanstack/react-router";
import { queries } from "@/lib/queries";
import { ErrorPage } from "./errors/ErrorPage";
import { NotFoundPage } from "./errors/NotFoundPage";
import type { everyRoute } from "./routes";

function router<Routes extends AnyRoute>(routeTree: Routes) {
  return createRouter({
    routeTree,
    context: { queries } as never,
    defaultPreload: "intent",
    // Whether data is fresh is for the queries to say.
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    defaultViewTransition: false,
    scrollRestoration: true,
  });
}

export function makeRouter(routes: AnyRoute) {
  return router(routes) as unknown as ReturnType<typeof router<ReturnType<typeof everyRoute>>>;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
