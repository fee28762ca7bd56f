import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Photo } from "@/features/photos";
import { api, data } from "@/lib/api";
import { type StreamEvent, useLiveEvents } from "@/lib/live";

// More looks at one room than anybody compares.
const MOST = 100;

/** Everything that was made of one uploaded photo, oldest first. */
export function variationsQuery(photoId: string) {
  return queryOptions({
    queryKey: ["photos", "variations", photoId] as const,
    queryFn: async ({ signal }) => {
      const query = { photo_id: photoId, limit: MOST };
      const page = await data(api.GET("/v1/projects", { params: { query }, signal }));
      return [...((page?.items ?? []) as Photo[])].reverse();
    },
  });
}

/** Keep the variations of a photo up to date. */
export function useFreshVariations(photoId: string): void {
  const queries = useQueryClient();
  useLiveEvents(
    useCallback(
      ({ event, data }: StreamEvent) => {
        if (event === "project" && (JSON.parse(data) as Photo).photo_id !== photoId) return;
        void queries.invalidateQueries({ queryKey: variationsQuery(photoId).queryKey });
      },
      [queries, photoId],
    ),
  );
}
