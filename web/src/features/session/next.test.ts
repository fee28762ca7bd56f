import { expect, test } from "vitest";
import { pathOf } from "./next";

test.each(["/", "/photos/1?tab=b#c"])("%s is gone to", (path) => {
  expect(pathOf(path)).toEqual({ next: path });
});

test.each([
  "//evil.example/",
  "/\\evil.example/",
  "https://evil.example/",
  "javascript:alert(1)",
  7,
  undefined,
])("%s is not", (elsewhere) => {
  expect(pathOf(elsewhere)).toStrictEqual({ next: undefined });
});
