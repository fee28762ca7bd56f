import type { MeterState, Usage } from "./api";

// As the thresholds at which the workspace is told.
const NEARLY = 0.8;
const TOO_OLD_MS = 5 * 60_000;

/** How a meter stands: what runs counts as used, because it will be. */
type MeterLevel = "fine" | "nearly" | "full";

export function levelOf({ used, reserved, limit }: MeterState): MeterLevel {
  if (limit === null) return "fine";
  const share = limit === 0 ? 1 : (used + reserved) / limit;
  return share >= 1 ? "full" : share >= NEARLY ? "nearly" : "fine";
}

/** The meter that needs attention first, if one does. */
export type PlanState = { level: MeterLevel; meter: MeterState | null };

export function planState({ meters }: Usage): PlanState {
  for (const level of ["full", "nearly"] as const) {
    // Taken seats keep nobody from work: whoever invites one more is told then.
    const meter = meters.find((each) => each.meter !== "seats" && levelOf(each) === level);
    if (meter) return { level, meter };
  }
  return { level: "fine", meter: null };
}

/** Whether the figures are older than people expect them to be. */
export function isOutdated({ as_of }: Usage, now: number = Date.now()): boolean {
  return now - new Date(as_of).getTime() > TOO_OLD_MS;
}
