import { queryOptions } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/lib/api";

export type Tenant = Schemas["TenantRead"];

/** The workspace itself. */
export const tenantQuery = queryOptions({
  queryKey: ["tenant"],
  queryFn: () => data(api.GET("/v1/tenant")) as Promise<Tenant>,
});

/** The photos that were furnished last. */
export const recentQuery = queryOptions({
  queryKey: ["photos", "recent"],
  queryFn: async () => {
    const query = { status: "staged", limit: 6 } as const;
    const page = await data(api.GET("/v1/projects", { params: { query } }));
    return (page as Schemas["ProjectPage"]).items;
  },
});
