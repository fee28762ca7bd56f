import { expect, test } from "vitest";
import { GROUPS, type Group, grantable, type Permission, switched } from "./permissions";

// The compiler says if a permission of the API stands in no group.
type Forgotten = Exclude<Permission, (typeof GROUPS)[Group][number]>;
const NONE_IS_FORGOTTEN: [Forgotten] extends [never] ? true : false = true;

test("what a permission needs comes with it", () => {
  expect(switched(["usage:read"], "billing:manage", true)).toEqual([
    "usage:read",
    "billing:manage",
    "billing:read",
  ]);
});

test("what needs a permission goes with it", () => {
  const before = ["usage:read", "billing:read", "billing:manage"];
  expect(switched(before, "billing:read", false)).toEqual(["usage:read"]);
  expect(switched(before, "billing:manage", false)).toEqual(["usage:read", "billing:read"]);
});

test("nobody hands on ownership within a role", () => {
  expect(grantable(["tenant:read", "ownership:transfer", "sso:manage"])).toEqual(["tenant:read"]);
});

test("every permission stands in one group", () => {
  const all = Object.values(GROUPS).flat();
  expect(new Set(all).size).toBe(all.length);
  expect(NONE_IS_FORGOTTEN).toBe(true);
});
