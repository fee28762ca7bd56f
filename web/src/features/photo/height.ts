import { formatNumber } from "@/lib/format";

export type Unit = "m" | "ft";

/** What the server takes, in metres. */
export const LOWEST = 2;
export const HIGHEST = 6;
const FOOT = 0.3048;
const INCHES = 12;
const CENTIMETRES = 100;

/** The same as somebody would say them, and not beyond. */
export function boundsIn(unit: Unit): [string, string] {
  if (unit === "m") return [formatNumber(LOWEST), formatNumber(HIGHEST)];
  const [least, most] = [LOWEST / FOOT, HIGHEST / FOOT];
  return [formatNumber(Math.ceil(least * 10) / 10), formatNumber(Math.floor(most * 10) / 10)];
}

/** What people of this language measure rooms in. */
export function usualUnit(locale: string): Unit {
  return /^en(-(US|CA|GB|IE))?$/.test(locale) ? "ft" : "m";
}

/** The metres that somebody typed, as "2.6", "2,60", "8.5" or "8' 6"; NaN if it is no length. */
export function metresOf(text: string, unit: Unit): number {
  const plain = text.trim().replace(/\s*(m|ft|feet|fuß)\.?$/i, "");
  if (unit === "ft") {
    const parts = /^(\d+)\s*(?:'|′|ft)\s*(?:(\d+(?:[.,]\d+)?)\s*(?:"|″|in)?)?$/i.exec(plain);
    if (parts) return cut((Number(parts[1]) + number(parts[2] ?? "0") / INCHES) * FOOT);
  }
  return cut(number(plain) * (unit === "ft" ? FOOT : 1));
}

/** The length as somebody would type it. */
export function typedHeight(metres: number, unit: Unit): string {
  return formatNumber(cut(unit === "ft" ? metres / FOOT : metres));
}

function number(text: string): number {
  return /^\d+([.,]\d+)?$/.test(text) ? Number(text.replace(",", ".")) : Number.NaN;
}

/** To the centimetre, or to as small a part of a foot. */
function cut(value: number): number {
  return Math.round(value * CENTIMETRES) / CENTIMETRES;
}
