import { expect, test } from "vitest";
import { ApiError, OfflineError } from "./api";
import { isWorthRetrying, pause } from "./queries";

const refused = (status: number, retryAfter?: number) => new ApiError(status, {}, retryAfter);

test.each([400, 401, 402, 403, 404, 409, 413, 422])("%i is not asked again", (status) => {
  expect(isWorthRetrying(0, refused(status))).toBe(false);
});

test.each([refused(500), refused(503), refused(429), new OfflineError(null)])(
  "%s is asked twice more",
  (error) => {
    expect([0, 1, 2].map((failures) => isWorthRetrying(failures, error))).toEqual([
      true,
      true,
      false,
    ]);
  },
);

test("the server says how long to wait", () => {
  expect(pause(0, refused(429, 12))).toBe(12_000);
  expect([0, 1].map((failures) => pause(failures, refused(503)))).toEqual([1000, 2000]);
});
