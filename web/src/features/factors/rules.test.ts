import { expect, test } from "vitest";
import { deviceOf, fileOf, hasFactor, inGroups, isLastFactor } from "./rules";

const passkey = {
  id: "1",
  name: "Mac",
  is_backed_up: true,
  created_at: "2026-11-27T10:00:00Z",
  last_used_at: null,
};
const totp = { created_at: "2026-11-27T10:00:00Z", last_used_at: null };

test.each([
  [null, [], false, false],
  [totp, [], true, true],
  [null, [passkey], true, true],
  [totp, [passkey], true, false],
  [null, [passkey, passkey], true, false],
])("an app %o and passkeys %o", (app, passkeys, has, isLast) => {
  expect(hasFactor({ totp: app, passkeys })).toBe(has);
  expect(isLastFactor({ totp: app, passkeys })).toBe(isLast);
});

test("a secret is shown in groups", () => {
  expect(inGroups("JBSWY3DPEHPK3PXP")).toBe("JBSW Y3DP EHPK 3PXP");
  expect(inGroups("ABCDEF")).toBe("ABCD EF");
  expect(inGroups("")).toBe("");
});

test.each([
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)", "iPhone"],
  ["Mozilla/5.0 (Linux; Android 16; Pixel 10)", "Android"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Mac"],
  ["Mozilla/5.0 (X11; Linux x86_64)", "Linux"],
  ["curl/8", ""],
])("%s runs on %s", (agent, device) => {
  expect(deviceOf(agent)).toBe(device);
});

test("a file of codes has one on each line", () => {
  expect(fileOf(["A-B", "C-D"], "Codes")).toBe("Codes\n\nA-B\nC-D\n");
});
