import { useLingui } from "@lingui/react/macro";
import { formatBytes, formatNumber } from "@/lib/format";
import type { MeterState } from "../api";

/** What a meter counts, in words. */
export function useMeterNames(): Record<MeterState["meter"], string> {
  const { t } = useLingui();
  return {
    staging: t`Photos furnished`,
    storage_bytes: t`Storage`,
    api_calls: t`API calls`,
    seats: t`Seats`,
  };
}

export function formatAmount(meter: MeterState, value: number): string {
  return meter.unit === "bytes" ? formatBytes(value) : formatNumber(value);
}
