import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, data, type Schemas } from "@/lib/api";
import { type StreamEvent, useLiveEvents } from "@/lib/live";

export type Tenant = Schemas["TenantRead"];

/** The workspace itself. */
export const tenantQuery = queryOptions({
  queryKey: ["tenant"],
  queryFn: () => data(api.GET("/v1/tenant")) as Promise<Tenant>,
});

/** The photos that were furnished last. */
export const recentQuery = queryOptions({
  queryKey: ["photos", "recent"],
  // While this page is not open, it hears of nothing.
  staleTime: 0,
  queryFn: async () => {
    const query = { status: "staged", limit: 6 } as const;
    const page = await data(api.GET("/v1/projects", { params: { query } }));
    return (page as Schemas["ProjectPage"]).items;
  },
});

/** Keep what was furnished last up to date. */
export function useFreshRecent(): void {
  const queries = useQueryClient();
  useLiveEvents(
    useCallback(
      ({ event, data }: StreamEvent) => {
        if (event === "project" && (JSON.parse(data) as { status: string }).status !== "staged")
          return;
        void queries.invalidateQueries({ queryKey: recentQuery.queryKey });
      },
      [queries],
    ),
  );
}
