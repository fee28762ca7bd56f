import { expect, test } from "vitest";
import { proofOf, stepUpOf, stepUpWays } from "./ways";

const nothing = { totp: null, passkeys: [], recovery_codes: 0, is_asked: false };
const app = { created_at: "2026-11-27T10:00:00Z", last_used_at: null };

test.each([
  ["nobody has more than a password", nothing, ["password"]],
  [
    "who has an app shows that",
    { ...nothing, totp: app, recovery_codes: 10, is_asked: true },
    ["totp", "recovery_code"],
  ],
  [
    "who has a passkey alone may choose",
    { ...nothing, passkeys: [{}], recovery_codes: 10 },
    ["passkey", "password", "recovery_code"],
  ],
  [
    "unless they want to be asked always",
    { ...nothing, passkeys: [{}], recovery_codes: 0, is_asked: true },
    ["passkey"],
  ],
])("%s", (_, own, ways) => {
  expect(stepUpWays(own)).toEqual(ways);
});

test("each way has its own word in the request", () => {
  expect(proofOf("totp", "123456")).toEqual({ code: "123456" });
  expect(proofOf("recovery_code", "A-B")).toEqual({ recovery_code: "A-B" });
  expect(stepUpOf("password", "secret")).toEqual({ current_password: "secret" });
  expect(stepUpOf("recovery_code", "A-B")).toEqual({ recovery_code: "A-B" });
});
