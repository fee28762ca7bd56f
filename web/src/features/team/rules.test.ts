import { describe, expect, test } from "vitest";
import type { Member, Role } from "./api";
import { givable, isOnlyOwner, listed, mayDecide } from "./rules";

const role = (key: string, permissions: string[], is_custom = false): Role => ({
  key,
  name: key,
  is_custom,
  permissions,
});
const VIEWER = role("viewer", ["projects:read"]);
const MEMBER = role("member", ["projects:read", "projects:write"]);
const ADMIN = role("admin", [...MEMBER.permissions, "members:manage"]);
const OWNER = role("owner", [...ADMIN.permissions, "billing:manage"]);
const BOOKS = role("b-1", ["projects:read", "billing:manage"], true);
const ROLES = [OWNER, ADMIN, MEMBER, VIEWER, BOOKS];

const member = (name: string, more: Partial<Member> = {}): Member => ({
  id: `m-${name}`,
  user_id: `u-${name}`,
  name,
  email: `${name}@example.com`,
  role: "member",
  joined_at: "2026-11-01T10:00:00Z",
  ...more,
});

describe("who is listed", () => {
  test("oneself, then the others by name, and apart from them those who were removed", () => {
    const all = [
      member("Zoe"),
      member("Émile"),
      member("Ada", { removed_at: "2026-11-20T10:00:00Z" }),
      member("Eva", { removed_at: "2026-11-26T10:00:00Z" }),
      member("Franz"),
    ];
    const { members, removed } = listed(all, "u-Zoe");
    expect(members.map(({ name }) => name)).toEqual(["Zoe", "Émile", "Franz"]);
    expect(removed.map(({ name }) => name)).toEqual(["Eva", "Ada"]);
  });
});

describe("what one may decide", () => {
  test("nobody gives or takes what they do not have", () => {
    expect(givable(ROLES, ADMIN.permissions)).toEqual([ADMIN, MEMBER, VIEWER]);
    expect(givable(ROLES, OWNER.permissions)).toEqual(ROLES);
    expect(mayDecide(ADMIN.permissions, OWNER)).toBe(false);
  });

  test("those who do not manage people decide nothing", () => {
    expect(givable(ROLES, MEMBER.permissions)).toEqual([]);
    expect(mayDecide(MEMBER.permissions, undefined)).toBe(false);
  });

  test("of a role that does not exist any more there is nothing to take", () => {
    expect(mayDecide(ADMIN.permissions, undefined)).toBe(true);
  });
});

describe("the last owner", () => {
  const ada = member("Ada", { role: "owner" });
  const eva = member("Eva", { role: "owner" });

  test("is the only one", () => {
    expect(isOnlyOwner(ada, [ada, member("Zoe")], true)).toBe(true);
    expect(isOnlyOwner(ada, [ada, eva], true)).toBe(false);
    expect(isOnlyOwner(member("Zoe"), [member("Zoe")], true)).toBe(false);
  });

  test("is not known before everybody is", () => {
    expect(isOnlyOwner(ada, [ada], false)).toBe(false);
  });
});
