import { createRoute, notFound } from "@tanstack/react-router";
import { catalogQuery } from "@/features/catalog";
import { photoQuery } from "@/features/photos";
import { usageQuery } from "@/features/usage";
import { ApiError } from "@/lib/api";
import { workspace } from "@/lib/frames";
import { lazyPage } from "@/lib/texts";
import { variationsQuery } from "./api";

const photoRoute = createRoute({
  getParentRoute: () => workspace,
  path: "/photos/$projectId",
  loader: async ({ context: { queries }, params }) => {
    void queries.prefetchQuery(catalogQuery);
    void queries.prefetchQuery(usageQuery);
    const photo = await queries.ensureQueryData(photoQuery(params.projectId)).catch(explain);
    void queries.prefetchQuery(variationsQuery(photo.photo_id));
  },
  component: lazyPage(["photo", "uploads"], () => import("./PhotoPage"), "PhotoPage"),
});

/** A photo that is gone for good, or an address with a mistake. */
function explain(error: unknown): never {
  if (error instanceof ApiError && (error.status === 404 || error.status === 422)) throw notFound();
  throw error;
}

export const photoRoutes = [photoRoute] as const;
