import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { catalogQuery } from "@/features/catalog";
import { photoQuery } from "@/features/photos";
import { usageQuery } from "@/features/usage";
import { workspace } from "@/lib/frames";
import { variationsQuery } from "./api";

const photoRoute = createRoute({
  getParentRoute: () => workspace,
  path: "/photos/$projectId",
  loader: async ({ context: { queries }, params }) => {
    void queries.prefetchQuery(catalogQuery);
    void queries.prefetchQuery(usageQuery);
    const photo = await queries.ensureQueryData(photoQuery(params.projectId));
    void queries.prefetchQuery(variationsQuery(photo.photo_id));
  },
  component: lazyRouteComponent(() => import("./PhotoPage"), "PhotoPage"),
});

export const photoRoutes = [photoRoute] as const;
