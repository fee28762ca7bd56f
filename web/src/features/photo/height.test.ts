import { i18n } from "@lingui/core";
import { beforeAll, describe, expect, test } from "vitest";
import { boundsIn, HIGHEST, LOWEST, metresOf, typedHeight, usualUnit } from "./height";

beforeAll(() => i18n.load("en", {}));
beforeAll(() => i18n.activate("en"));

describe("the height of a ceiling", () => {
  test.each([
    ["2.6", "m", 2.6],
    ["2,60", "m", 2.6],
    [" 3 m ", "m", 3],
    ["8", "ft", 2.44],
    ["8.5", "ft", 2.59],
    ["8'6", "ft", 2.59],
    ["8' 6\"", "ft", 2.59],
    ["9 ft", "ft", 2.74],
    ["9ft 6in", "ft", 2.9],
  ] as const)("%j in %s", (text, unit, metres) => {
    expect(metresOf(text, unit)).toBe(metres);
  });

  test.each(["", "high", "2.6.1", "-3", "1e1", "∞", "8'6"])("%j is none in metres", (text) => {
    expect(metresOf(text, "m")).toBeNaN();
  });

  test.each(["m", "ft"] as const)("can be as high as is said in %s", (unit) => {
    const [least, most] = boundsIn(unit).map((text) => metresOf(text, unit));
    expect(least).toBeGreaterThanOrEqual(LOWEST);
    expect(most).toBeLessThanOrEqual(HIGHEST);
  });

  test("is said in feet where people count in feet", () => {
    expect(["en-US", "en", "de-DE", "de", "fr", "en-AU"].map(usualUnit)).toEqual([
      "ft",
      "ft",
      "m",
      "m",
      "m",
      "m",
    ]);
    expect(typedHeight(2.44, "ft")).toBe("8.01");
    expect(typedHeight(2.6, "m")).toBe("2.6");
  });
});
