import { expect, test } from "vitest";
import { isFresh, proofOf } from "./paths";

test("only a passkey can be asked for on the way", () => {
  expect(proofOf("passkey")).toBe("passkey");
  expect(proofOf("password")).toBeUndefined();
  expect(proofOf(undefined)).toBeUndefined();
});

const NOW = Date.parse("2026-11-27T10:00:00Z");

test.each([
  ["two factors a minute ago", ["mfa", "pop"], "2026-11-27T09:59:00Z", true],
  ["two factors an hour ago", ["mfa", "otp", "pwd"], "2026-11-27T09:00:00Z", false],
  ["a password a minute ago", ["pwd"], "2026-11-27T09:59:00Z", false],
])("%s", (_, amr, auth_time, fresh) => {
  expect(isFresh({ amr, auth_time }, NOW)).toBe(fresh);
});
