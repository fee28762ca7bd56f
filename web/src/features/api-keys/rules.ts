import type { ApiKey } from "./api";

/** Where a key stands; what concerns people first. */
export type KeyState = "suspended" | "ended" | "replaced" | "ending" | "works";

const DAY_MS = 86_400_000;
// As long before its end as its maker is told by mail.
const SOON_DAYS = 7;

export function stateOf(
  { suspended_at, expires_at, successor_id }: ApiKey,
  now: number = Date.now(),
): KeyState {
  const left = expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at) - now;
  if (left <= 0) return "ended";
  if (suspended_at) return "suspended";
  if (successor_id) return "replaced";
  return left <= SOON_DAYS * DAY_MS ? "ending" : "works";
}

/** Whether it can still be changed or replaced: of one that was replaced the successor can. */
export function isOpen(key: ApiKey, now?: number): boolean {
  return key.successor_id == null && stateOf(key, now) !== "ended";
}

export type Life = "30" | "90" | "365" | "never";

/** When a key ends that begins now. */
export function endOf(life: Life, now: number = Date.now()): string | null {
  return life === "never" ? null : new Date(now + Number(life) * DAY_MS).toISOString();
}

/** The networks in a field. */
export function networksIn(text: string | undefined): string[] {
  return (text ?? "").split(/[\s,;]+/).filter(Boolean);
}
