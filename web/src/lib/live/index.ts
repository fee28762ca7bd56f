import { useEffect } from "react";
import { useStore } from "../store";
import { Live, type LiveState } from "./live";
import type { StreamEvent } from "./sse";

export { newer, withNewer, without } from "./newer";
export type { LiveState, StreamEvent };

let live: Live | null = null;

/** The one stream of this page: every project of the workspace that the person may see. */
export function startLive(): Live {
  if (!live) {
    live = new Live("/v1/projects/events");
    live.start();
  }
  return live;
}

export function stopLive(): void {
  live?.stop();
  live = null;
}

/** Hear the events while a component is shown. */
export function useLiveEvents(listener: (event: StreamEvent) => void): void {
  useEffect(() => startLive().on(listener), [listener]);
}

export function useLiveState(): LiveState {
  return useStore(startLive().state);
}

/** How often events have begun to arrive without those before them. */
export function useLiveBeginnings(): number {
  return useStore(startLive().beginnings);
}

/** Hear when the stream has ended, while a component is shown. */
export function useLiveEndings(listener: () => void): void {
  useEffect(() => startLive().endings.follow(listener), [listener]);
}
