import { i18n } from "@lingui/core";

const cache = new Map<string, unknown>();

/** Formatters are slow to make, so each is made once for a locale. */
function made<T>(kind: string, make: (locale: string) => T): T {
  const key = `${kind} ${i18n.locale}`;
  if (!cache.has(key)) cache.set(key, make(i18n.locale || "en"));
  return cache.get(key) as T;
}

export function formatNumber(value: number): string {
  return made("number", (locale) => new Intl.NumberFormat(locale)).format(value);
}

export function formatPercent(fraction: number): string {
  const options: Intl.NumberFormatOptions = { style: "percent", maximumFractionDigits: 0 };
  return made("percent", (locale) => new Intl.NumberFormat(locale, options)).format(fraction);
}

const BYTES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** 1,500,000 is "1.5 MB": units of a thousand, as shops and cameras count. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), BYTES.length - 1);
  const unit = BYTES[power] ?? "byte";
  const maximumFractionDigits = power > 1 ? 1 : 0;
  const options: Intl.NumberFormatOptions = { style: "unit", unit, maximumFractionDigits };
  return made(unit, (locale) => new Intl.NumberFormat(locale, options)).format(
    bytes / 1000 ** power,
  );
}

export function formatDate(instant: string | Date): string {
  const options: Intl.DateTimeFormatOptions = { dateStyle: "medium" };
  return made("date", (locale) => new Intl.DateTimeFormat(locale, options)).format(
    new Date(instant),
  );
}

export function formatTime(instant: string | Date): string {
  const options: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };
  return made("time", (locale) => new Intl.DateTimeFormat(locale, options)).format(
    new Date(instant),
  );
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "5 minutes ago", "in 2 days"; a month and more away it is the date. */
export function formatAgo(instant: string | Date, now: number = Date.now()): string {
  const seconds = (new Date(instant).getTime() - now) / 1000;
  if (Math.abs(seconds) > 30 * 86_400) return formatDate(instant);
  const options: Intl.RelativeTimeFormatOptions = { numeric: "auto" };
  const format = made("ago", (locale) => new Intl.RelativeTimeFormat(locale, options));
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return format.format(Math.abs(seconds) < 5 ? 0 : Math.trunc(seconds / size), unit);
}
