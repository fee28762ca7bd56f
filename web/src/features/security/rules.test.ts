import { expect, test } from "vitest";
import { stateOf } from "./rules";

const NOW = Date.parse("2026-11-27T10:00:00Z");

test.each([
  ["nobody is asked", { mfa_required: false, mfa_due_at: null }, "off"],
  ["everybody is", { mfa_required: true, mfa_due_at: "2026-11-27T09:59:59Z" }, "on"],
  ["everybody will be", { mfa_required: true, mfa_due_at: "2026-12-11T10:00:00Z" }, "due"],
])("%s", (_, rule, state) => {
  expect(stateOf(rule, NOW).is).toBe(state);
});
