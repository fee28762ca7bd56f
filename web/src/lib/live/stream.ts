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

/** What is told of a stream. */
export type Tell = {
  event: (event: StreamEvent) => void;
  /** It is open; `anew` if it does not go on where an earlier one ended. */
  open: (anew: boolean) => void;
  /** It has come further, to `last`, without an event that anybody has to hear. */
  moved: () => void;
  down: () => void;
  /** It was open and is not any more, whoever ended it; or this session may not have it, perhaps since a
   * moment ago. */
  ended: () => void;
};

/** Read the events at `url` until `signal` says so. When the stream ends it is opened again, after a
 * pause that grows if it fails, and goes on where it was.
 *
 * `EventSource` would give up for good on the first answer that is not 200, and would not say which
 * one it was; a session that has ended must open the dialog, and 429 says when to come back. */
export async function follow(
  url: string,
  signal: AbortSignal,
  last: { id: string | undefined },
  tell: Tell,
  around: Around,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let asked: number | undefined;
    // That a server ends a stream is no failure, even if nothing had happened.
    let broke = false;
    let heard = false;
    // Whether the session may be worth something else from now on.
    let isNews = false;
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (last.id !== undefined) headers["Last-Event-ID"] = last.id;
      const response = await around.send(new Request(url, { headers, signal, cache: "no-store" }));
      isNews = true;
      tell.open(last.id === undefined);
      for await (const event of eventsOf(response, signal)) {
        heard = true;
        if (event.id !== undefined) last.id = event.id;
        if (event.data === "") tell.moved();
        else tell.event(event);
      }
    } catch (error) {
      const { status, retryAfter } = error as { status?: number; retryAfter?: number };
      asked = retryAfter;
      broke = true;
      isNews ||= status === 403;
    }
    if (signal.aborted) return;
    if (broke) tell.down();
    if (isNews) tell.ended();
    if (heard || !broke) failures = 0;
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
  return until(milliseconds, [signal, "abort"]);
}

/** The same, or when there is a connection again: then there is no reason left to wait. */
export function waitForConnection(milliseconds: number, signal: AbortSignal): Promise<void> {
  return until(milliseconds, [signal, "abort"], [window, "online"]);
}

function until(milliseconds: number, ...ends: [EventTarget, string][]): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    for (const [target, event] of ends)
      target.addEventListener(event, end, { signal: over.signal });
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
