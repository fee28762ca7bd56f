import { expect, test } from "vitest";
import { placeAfter } from "./keys";

// Ten tiles, four in a row: 0–3, 4–7, 8–9.
test.each([
  ["ArrowRight", 0, 1],
  ["ArrowRight", 9, 9],
  ["ArrowLeft", 0, 0],
  ["ArrowLeft", 4, 3],
  ["ArrowDown", 1, 5],
  ["ArrowDown", 7, 9],
  ["ArrowDown", 8, 8],
  ["ArrowUp", 5, 1],
  ["ArrowUp", 2, 2],
  ["Home", 7, 0],
  ["End", 2, 9],
  ["ArrowRight", -1, 0],
  // Without a tile in focus these scroll the page.
  ["ArrowDown", -1, null],
  ["Home", -1, null],
  ["a", 3, null],
])("%s from %i leads to %s", (key, at, to) => {
  expect(placeAfter(key, at, 10, 4)).toBe(to);
});

test("an empty grid has no places", () => {
  expect(placeAfter("ArrowRight", -1, 0, 1)).toBeNull();
});
