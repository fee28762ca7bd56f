import { expect, test } from "vitest";
import type { ApiKey } from "./api";
import { endOf, isOpen, networksIn, stateOf } from "./rules";

const NOW = Date.parse("2026-11-27T12:00:00Z");

function key(some: Partial<ApiKey>): ApiKey {
  return { expires_at: null, suspended_at: null, successor_id: null, ...some } as ApiKey;
}

test.each([
  ["works", {}, true],
  ["works", { expires_at: "2026-12-20T12:00:00Z" }, true],
  ["ending", { expires_at: "2026-12-03T12:00:00Z" }, true],
  ["ended", { expires_at: "2026-11-27T11:59:59Z" }, false],
  ["replaced", { expires_at: "2026-11-28T12:00:00Z", successor_id: "2" }, false],
  ["ended", { expires_at: "2026-11-26T12:00:00Z", successor_id: "2" }, false],
  ["suspended", { suspended_at: "2026-11-26T12:00:00Z" }, true],
] as const)("a key %s", (state, some, open) => {
  expect(stateOf(key(some), NOW)).toBe(state);
  expect(isOpen(key(some), NOW)).toBe(open);
});

test("a life is counted from now", () => {
  expect(endOf("never", NOW)).toBeNull();
  expect(endOf("30", NOW)).toBe("2026-12-27T12:00:00.000Z");
});

test("networks are read as people write them", () => {
  expect(networksIn(" 203.0.113.0/24, 198.51.100.7;\n2001:db8::/32")).toEqual([
    "203.0.113.0/24",
    "198.51.100.7",
    "2001:db8::/32",
  ]);
  expect(networksIn(undefined)).toEqual([]);
});
