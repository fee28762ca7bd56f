import { describe, expect, it } from "vitest";
import type { MeterState, Usage } from "./api";
import { changesUsage, meterOf, photosLeft } from "./api";
import { isOutdated, levelOf, planState } from "./rules";

function meter(used: number, limit: number | null, changes: Partial<MeterState> = {}): MeterState {
  return {
    meter: "staging",
    unit: "photos",
    used,
    reserved: 0,
    limit,
    remaining: limit === null ? null : Math.max(0, limit - used),
    ...changes,
  };
}

function usage(...meters: MeterState[]): Usage {
  const period = { start: "2026-11-01T00:00:00Z", end: "2026-12-01T00:00:00Z" };
  return { as_of: "2026-11-27T12:00:00Z", period, meters };
}

describe("levelOf", () => {
  it.each([
    [0, 10, "fine"],
    [7, 10, "fine"],
    [8, 10, "nearly"],
    [10, 10, "full"],
    [12, 10, "full"],
    [0, 0, "full"],
    [1e12, null, "fine"],
  ] as const)("%d of %s is %s", (used, limit, level) => {
    expect(levelOf(meter(used, limit))).toBe(level);
  });

  it("counts what is being furnished", () => {
    expect(levelOf(meter(6, 10, { reserved: 4 }))).toBe("full");
  });
});

describe("planState", () => {
  it("names the meter that is full before one that nearly is", () => {
    const storage = meter(10, 10, { meter: "storage_bytes", unit: "bytes" });
    expect(planState(usage(meter(9, 10), storage))).toEqual({ level: "full", meter: storage });
    expect(planState(usage(meter(1, 10)))).toEqual({ level: "fine", meter: null });
  });
});

describe("usage", () => {
  it("knows how many photos are left", () => {
    expect(photosLeft(usage(meter(3, 10)))).toBe(7);
    expect(photosLeft(usage(meter(3, null)))).toBeNull();
    expect(photosLeft(usage())).toBeNull();
    expect(meterOf(usage(meter(3, 10)), "api_calls")).toBeUndefined();
  });

  it("is outdated after five minutes", () => {
    const noon = Date.parse("2026-11-27T12:00:00Z");
    expect(isOutdated(usage(), noon + 299_000)).toBe(false);
    expect(isOutdated(usage(), noon + 301_000)).toBe(true);
  });

  it.each([
    ["project", "staged", true],
    ["project", "failed", true],
    ["project", "processing", false],
    ["deleted", "", true],
    ["reset", "", true],
    ["other", "staged", false],
  ])("changes by %s %s: %s", (event, status, changes) => {
    const stream = { id: "1", event, data: JSON.stringify({ status }) };
    expect(changesUsage(stream)).toBe(changes);
  });
});
