import { expect, test } from "vitest";
import { GROUPS, grantable, switched } from "./permissions";

test("what a permission needs comes with it", () => {
  expect(switched(["usage:read"], "projects:write", true)).toEqual([
    "usage:read",
    "projects:write",
    "projects:read",
  ]);
});

test("what needs a permission goes with it", () => {
  const before = ["projects:read", "projects:write", "shares:manage", "usage:read"];
  expect(switched(before, "projects:read", false)).toEqual(["usage:read"]);
  expect(switched(before, "projects:write", false)).toEqual([
    "projects:read",
    "shares:manage",
    "usage:read",
  ]);
});

test("nobody hands on ownership within a role", () => {
  expect(grantable(["tenant:read", "ownership:transfer"])).toEqual(["tenant:read"]);
});

test("every permission stands in one group", () => {
  const all = Object.values(GROUPS).flat();
  expect(new Set(all).size).toBe(all.length);
  expect(all).toHaveLength(19);
});
