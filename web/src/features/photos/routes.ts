import { createRoute } from "@tanstack/react-router";
import { catalogQuery } from "@/features/catalog";
import { usageQuery } from "@/features/usage";
import { workspace } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { type PhotoFilter, type PhotoStatus, photosQuery } from "./api";

const STATUSES = ["queued", "processing", "staged", "failed", "cancelled"];

/** What the address says of the list; what is none of it is left out by name, else the router would keep it. */
function filterOf({ status, favourite, q, trash }: Record<string, unknown>): PhotoFilter {
  // An address can make a number of it, or put in what nobody can type.
  const words = String(q ?? "").replace(/\p{Cc}/gu, "");
  return {
    status: STATUSES.includes(String(status)) ? (status as PhotoStatus) : undefined,
    favourite: favourite ? true : undefined,
    q: words.trim() === "" ? undefined : words.slice(0, 100),
    trash: trash ? true : undefined,
  };
}

/** The list stays where it is while the sheet for new photos is over it. */
const photosRoute = createRoute({
  getParentRoute: () => workspace,
  id: "photos",
  validateSearch: filterOf,
  loaderDeps: ({ search }) => search,
  loader: async ({ context: { queries }, deps }) => {
    void queries.prefetchQuery(catalogQuery);
    await queries.ensureInfiniteQueryData(photosQuery(deps));
  },
  component: lazyPage("photos", () => import("./PhotosPage"), "PhotosPage"),
});

const listRoute = createRoute({ getParentRoute: () => photosRoute, path: "/" });

const newRoute = createRoute({
  getParentRoute: () => photosRoute,
  path: "/new",
  loader: async ({ context: { queries } }) => {
    void queries.prefetchQuery(usageQuery);
    await queries.ensureQueryData(catalogQuery);
  },
  component: lazyPage(["photos", "uploads"], () => import("./NewSheet"), "NewSheet"),
});

export const photosRoutes = [photosRoute.addChildren([listRoute, newRoute])] as const;
