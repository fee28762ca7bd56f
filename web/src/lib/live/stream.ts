import { OfflineError } from "../api";
import { type StreamEvent, StreamParser } from "./sse";

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

/** Milliseconds before the next try, after so many that failed: 1 s, 2 s … 30 s, of which a random
 * part is taken so that the tabs of a thousand people do not come back in the same instant. */
export function pauseAfter(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
  return longest * (0.5 + random() / 2);
}

/** How a stream reaches the world: tests have others. */
export type Around = {
  send: (request: Request) => Promise<Response>;
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
};

/** Read the events at `url` until `signal` says so. When the stream ends it is opened again, after a
 * pause if it failed, and goes on after the last event that was seen.
 *
 * `EventSource` would give up for good on the first answer that is not 200, and would not say which
 * one it was; a session that has ended must open the dialog, and 429 says when to come back. */
export async function follow(
  url: string,
  signal: AbortSignal,
  last: { id: string | undefined },
  tell: { event: (event: StreamEvent) => void; open: () => void; down: () => void },
  around: Around,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let asked: number | undefined;
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (last.id !== undefined) headers["Last-Event-ID"] = last.id;
      const response = await around.send(new Request(url, { headers, signal, cache: "no-store" }));
      tell.open();
      for await (const event of eventsOf(response, signal)) {
        failures = 0;
        if (event.id !== undefined) last.id = event.id;
        tell.event(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      asked = (error as { retryAfter?: number }).retryAfter;
      if (!(error instanceof OfflineError) && asked === undefined) failures += 1;
    }
    if (signal.aborted) return;
    tell.down();
    await around.wait(Math.max((asked ?? 0) * 1000, pauseAfter(failures)), signal);
    failures += 1;
  }
}

async function* eventsOf(response: Response, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new StreamParser();
  try {
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Resolves after so long, or when `signal` says so. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** Says so when one of them does. (`AbortSignal.any` is newer than the oldest browsers that we serve.) */
export function either(...signals: AbortSignal[]): AbortSignal {
  const one = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) one.abort(signal.reason);
    signal.addEventListener("abort", () => one.abort(signal.reason), { once: true });
  }
  return one.signal;
}
