import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { ApiError, api, data, type Schemas } from "@/lib/api";

export type Photo = Schemas["ProjectRead"];
export type PhotoStatus = Photo["status"];

/** What a list shows: it is the search of the page's address. */
export type PhotoFilter = {
  status?: PhotoStatus | undefined;
  favourite?: true | undefined;
  /** A part of the name. */
  q?: string | undefined;
  /** What was deleted and can be restored. */
  trash?: true | undefined;
};

export type PhotoPage = { items: Photo[]; next_cursor: string | null };
export type PhotoLists = InfiniteData<PhotoPage>;

const AT_A_TIME = 24;

/** The photos of the workspace, newest first, page by page. */
export function photosQuery(filter: PhotoFilter) {
  return infiniteQueryOptions({
    queryKey: ["photos", "list", filter] as const,
    queryFn: ({ pageParam, signal }) => readPhotos(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
}

/** One photo with what became of it. */
export function photoQuery(id: string) {
  return queryOptions({
    queryKey: ["photos", "one", id] as const,
    queryFn: async ({ signal }) => {
      const params = { path: { project_id: id } };
      return (await data(api.GET("/v1/projects/{project_id}", { params, signal }))) as Photo;
    },
  });
}

async function readPhotos(
  { status, favourite, q, trash }: PhotoFilter,
  cursor: string | null,
  signal: AbortSignal,
): Promise<PhotoPage> {
  const query = {
    limit: AT_A_TIME,
    ...(cursor && { cursor }),
    ...(status && { status }),
    ...(favourite && { favourite }),
    ...(q && { q }),
    ...(trash && { deleted: true }),
  };
  try {
    return (await data(api.GET("/v1/projects", { params: { query }, signal }))) as PhotoPage;
  } catch (error) {
    // No name can be as this text is: nothing has it.
    if (q && error instanceof ApiError && error.status === 422)
      return { items: [], next_cursor: null };
    throw error;
  }
}

/** All photos of the pages that are there, each once. */
export function photosOf(lists: PhotoLists | undefined): Photo[] {
  const photos = new Map<string, Photo>();
  for (const page of lists?.pages ?? [])
    for (const photo of page.items) if (!photos.has(photo.id)) photos.set(photo.id, photo);
  return [...photos.values()];
}

/** Every list that this page has read, with what it shows. */
export function eachList(queries: QueryClient) {
  return queries
    .getQueriesData<PhotoLists>({ queryKey: ["photos", "list"] })
    .map(([key, lists]) => ({ key, filter: key[2] as PhotoFilter, lists }));
}

/** Whether anything is still going to change by itself. */
export function isUnfinished({ status }: Photo): boolean {
  return status === "queued" || status === "processing";
}
