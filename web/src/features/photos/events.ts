import type { QueryClient } from "@tanstack/react-query";
import { newer, type StreamEvent, withNewer, without } from "@/lib/live";
import { eachList, type Photo, type PhotoFilter, type PhotoLists, photoQuery } from "./api";

/** What an event of the live stream does to what this page knows. */
export function onPhotoEvent(queries: QueryClient, { event, data }: StreamEvent): void {
  if (event === "project") takePhoto(queries, JSON.parse(data) as Photo);
  if (event === "deleted") dropPhoto(queries, (JSON.parse(data) as { id: string }).id);
  // Too much was missed to be told one by one.
  if (event === "reset") readAgain(queries);
}

/** What happened to photos is not known any more. */
export function readAgain(queries: QueryClient): void {
  for (const what of ["photos", "usage"]) void queries.invalidateQueries({ queryKey: [what] });
}

/** Put the state of a photo everywhere it is shown, unless a newer one is there. */
export function takePhoto(queries: QueryClient, photo: Photo): void {
  const { queryKey } = photoQuery(photo.id);
  const known = queries.getQueryData(queryKey);
  const before = known ?? findPhoto(queries, photo.id);
  if (known) queries.setQueryData(queryKey, newer(known, photo));
  for (const { key, filter, lists } of eachList(queries)) {
    const next = lists && withPhoto(lists, filter, photo);
    if (next !== lists) queries.setQueryData(key, next);
  }
  // What is left of the plan follows from it.
  if (before?.status !== photo.status) void queries.invalidateQueries({ queryKey: ["usage"] });
}

export function dropPhoto(queries: QueryClient, id: string): void {
  for (const { key, lists } of eachList(queries)) {
    const next = lists && withoutPhoto(lists, id);
    if (next !== lists) queries.setQueryData(key, next);
  }
  void queries.invalidateQueries({ queryKey: photoQuery(id).queryKey });
  void queries.invalidateQueries({ queryKey: ["usage"] });
}

export function findPhoto(queries: QueryClient, id: string): Photo | undefined {
  for (const { lists } of eachList(queries))
    for (const page of lists?.pages ?? []) {
      const found = page.items.find((photo) => photo.id === id);
      if (found) return found;
    }
  return undefined;
}

/** Whether a list with this filter shows the photo. */
export function belongs(filter: PhotoFilter, photo: Photo): boolean {
  if (Boolean(filter.trash) !== Boolean(photo.deleted_at)) return false;
  if (filter.status && photo.status !== filter.status) return false;
  if (filter.favourite && !photo.is_favourite) return false;
  return !filter.q || photo.name.toLowerCase().includes(filter.q.toLowerCase());
}

/** The lists with the newer state of a photo: in its place, at the top if it is new, or not any more. */
export function withPhoto(lists: PhotoLists, filter: PhotoFilter, photo: Photo): PhotoLists {
  const known = lists.pages.flatMap(({ items }) => items).find(({ id }) => id === photo.id);
  if (known && newer(known, photo) === known) return lists;
  if (!belongs(filter, photo)) return withoutPhoto(lists, photo.id);
  if (known) return mapped(lists, (items) => withNewer(items, photo));
  const [first] = lists.pages;
  if (!first) return lists;
  // Ids grow with time. What is older than all that is shown comes with its page.
  const at = first.items.findIndex(({ id }) => id < photo.id);
  if (at < 0 && first.next_cursor) return lists;
  const items = first.items.toSpliced(at < 0 ? first.items.length : at, 0, photo);
  return { ...lists, pages: [{ ...first, items }, ...lists.pages.slice(1)] };
}

export function withoutPhoto(lists: PhotoLists, id: string): PhotoLists {
  return mapped(lists, (items) => without(items, id));
}

function mapped(lists: PhotoLists, to: (items: readonly Photo[]) => readonly Photo[]): PhotoLists {
  const pages = lists.pages.map((page) => {
    const items = to(page.items);
    return items === page.items ? page : { ...page, items: [...items] };
  });
  return pages.every((page, at) => page === lists.pages[at]) ? lists : { ...lists, pages };
}
