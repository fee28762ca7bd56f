import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, test } from "vitest";
import { type Photo, type PhotoFilter, photoQuery, photosOf, photosQuery } from "./api";
import { onPhotoEvent } from "./events";

const photo = (id: string, changes: Partial<Photo> = {}) =>
  ({
    id,
    name: `Room ${id}`,
    status: "queued",
    updated_at: "2026-11-27T10:00:00Z",
    deleted_at: null,
    ...changes,
  }) as Photo;

let queries = new QueryClient();
beforeEach(() => {
  queries = new QueryClient();
});

const lists = (filter: PhotoFilter, pages: Photo[][], more = false) =>
  queries.setQueryData(photosQuery(filter).queryKey, {
    pages: pages.map((items, at) => ({
      items,
      next_cursor: at < pages.length - 1 || more ? `after ${at}` : null,
    })),
    pageParams: pages.map((_, at) => (at === 0 ? null : `after ${at - 1}`)),
  });
const shown = (filter: PhotoFilter) =>
  photosOf(queries.getQueryData(photosQuery(filter).queryKey)).map(({ id, status }) => [
    id,
    status,
  ]);
const tell = (told: Photo) =>
  onPhotoEvent(queries, { id: "1", event: "project", data: JSON.stringify(told) });
const later = "2026-11-27T10:00:09Z";

describe("an event of a photo", () => {
  test("changes it wherever it is, and it alone", () => {
    lists({}, [[photo("3"), photo("2")], [photo("1")]]);
    queries.setQueryData(photoQuery("1").queryKey, photo("1"));
    tell(photo("1", { status: "staged", updated_at: later }));
    expect(shown({})).toEqual([
      ["3", "queued"],
      ["2", "queued"],
      ["1", "staged"],
    ]);
    expect(queries.getQueryData(photoQuery("1").queryKey)?.status).toBe("staged");
  });

  test("that is older than what is known changes nothing", () => {
    lists({}, [[photo("1", { status: "staged", updated_at: later })]]);
    const before = queries.getQueryData(photosQuery({}).queryKey);
    tell(photo("1", { status: "processing" }));
    expect(queries.getQueryData(photosQuery({}).queryKey)).toBe(before);
  });

  test("that is new comes to the top, and comes once", () => {
    lists({}, [[photo("2"), photo("1")]]);
    tell(photo("3"));
    tell(photo("3", { status: "processing", updated_at: later }));
    expect(shown({}).map(([id]) => id)).toEqual(["3", "2", "1"]);
  });

  test("that was made before the first page's end but is not in it stands in its place", () => {
    lists({}, [[photo("5"), photo("2")]]);
    tell(photo("4"));
    expect(shown({}).map(([id]) => id)).toEqual(["5", "4", "2"]);
  });

  test("that belongs to a page which was not read yet comes with it", () => {
    lists({}, [[photo("5"), photo("4")]], true);
    tell(photo("1"));
    expect(shown({}).map(([id]) => id)).toEqual(["5", "4"]);
  });

  test("moves it between lists with filters", () => {
    lists({ status: "processing" }, [[photo("1", { status: "processing" })]]);
    lists({ status: "staged" }, [[]]);
    lists({ q: "room" }, [[photo("1")]]);
    lists({ q: "kitchen" }, [[]]);
    tell(photo("1", { status: "staged", updated_at: later }));
    expect(shown({ status: "processing" })).toEqual([]);
    expect(shown({ status: "staged" })).toEqual([["1", "staged"]]);
    expect(shown({ q: "room" })).toEqual([["1", "staged"]]);
    expect(shown({ q: "kitchen" })).toEqual([]);
  });

  test("takes it into the trash and out of it", () => {
    lists({}, [[photo("1")]]);
    lists({ trash: true }, [[]]);
    tell(photo("1", { deleted_at: later, updated_at: later }));
    expect(shown({})).toEqual([]);
    expect(shown({ trash: true })).toEqual([["1", "queued"]]);
    tell(photo("1", { updated_at: "2026-11-27T10:00:20Z" }));
    expect(shown({})).toEqual([["1", "queued"]]);
    expect(shown({ trash: true })).toEqual([]);
  });
});

test("what is deleted is shown nowhere", () => {
  lists({}, [[photo("2"), photo("1")]]);
  lists({ status: "queued" }, [[photo("2")]]);
  onPhotoEvent(queries, { id: "2", event: "deleted", data: '{"id":"2"}' });
  expect(shown({})).toEqual([["1", "queued"]]);
  expect(shown({ status: "queued" })).toEqual([]);
});

test("after a reset everything is asked for again", () => {
  lists({}, [[photo("1")]]);
  onPhotoEvent(queries, { id: "9", event: "reset", data: "{}" });
  expect(queries.getQueryState(photosQuery({}).queryKey)?.isInvalidated).toBe(true);
});
