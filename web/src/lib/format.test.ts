import { i18n } from "@lingui/core";
import { expect, test } from "vitest";
import { formatAgo, formatBytes, formatNumber, formatPercent } from "./format";

const NOW = Date.parse("2026-11-27T10:00:00Z");

function speak(locale: string): void {
  i18n.load(locale, {});
  i18n.activate(locale);
}

test("English", () => {
  speak("en");
  expect(formatNumber(1234567.5)).toBe("1,234,567.5");
  expect(formatPercent(0.256)).toBe("26%");
  expect([0, 999, 1500, 2_500_000, 3.4e12].map(formatBytes)).toEqual([
    "0 byte",
    "999 byte",
    "2 kB",
    "2.5 MB",
    "3.4 TB",
  ]);
  expect(formatAgo("2026-11-27T09:55:00Z", NOW)).toBe("5 minutes ago");
  expect(formatAgo("2026-11-27T09:59:58Z", NOW)).toBe("now");
  expect(formatAgo("2026-11-29T10:00:00Z", NOW)).toBe("in 2 days");
  expect(formatAgo("2026-09-29T10:00:00Z", NOW)).toBe("Sep 29, 2026");
});

test("German", () => {
  speak("de");
  expect(formatNumber(1234567.5)).toBe("1.234.567,5");
  expect(formatAgo("2026-11-27T09:55:00Z", NOW)).toBe("vor 5 Minuten");
  expect(formatBytes(2_500_000)).toBe("2,5 MB");
});
