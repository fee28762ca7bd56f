import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, data, type Schemas } from "@/lib/api";
import { type StreamEvent, useLiveEvents } from "@/lib/live";

export type Usage = Schemas["UsageRead"];
export type MeterState = Schemas["MeterRead"];

/** What the workspace has used in this period, and what its plan includes. */
export const usageQuery = queryOptions({
  queryKey: ["usage"],
  staleTime: 10_000,
  refetchOnWindowFocus: "always",
  queryFn: () => data(api.GET("/v1/usage")) as Promise<Usage>,
});

export function meterOf(usage: Usage, name: MeterState["meter"]): MeterState | undefined {
  return usage.meters.find(({ meter }) => meter === name);
}

/** How many more photos can be furnished in this period; null without a limit. */
export function photosLeft(usage: Usage): number | null {
  return meterOf(usage, "staging")?.remaining ?? null;
}

// What a photo costs is known when it has ended, in one way or another.
const ENDS = ["staged", "failed", "cancelled"];

/** Whether an event of the live stream changes what is used. */
export function changesUsage({ event, data }: StreamEvent): boolean {
  if (event === "deleted" || event === "reset") return true;
  if (event !== "project") return false;
  return ENDS.includes((JSON.parse(data) as { status: string }).status);
}

/** Keep what is shown of the usage up to date while photos are furnished. */
export function useFreshUsage(): void {
  const queries = useQueryClient();
  useLiveEvents(
    useCallback(
      (event: StreamEvent) => {
        if (changesUsage(event)) void queries.invalidateQueries({ queryKey: usageQuery.queryKey });
      },
      [queries],
    ),
  );
}
