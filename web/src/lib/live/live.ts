import { send } from "../api";
import { Store } from "../store";
import type { StreamEvent } from "./sse";
import { follow, wait } from "./stream";

/** Whether events arrive. While they do not, pages that wait for something ask by themselves. */
export type LiveState = "connecting" | "open" | "down";

type Said =
  | { kind: "event"; event: StreamEvent }
  | { kind: "state"; state: LiveState }
  | { kind: "visible" };

const NAME = "stagify:live";

/** One stream for all tabs of this origin, because a browser opens only six connections to a host.
 *
 * The tab that holds a lock reads the stream and tells the others. A hidden leader hands over to a tab
 * that is looked at, since browsers slow hidden tabs down. */
export class Live {
  readonly state = new Store<LiveState>("connecting");
  readonly #url: string;
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  readonly #last: { id: string | undefined } = { id: undefined };
  readonly #channel = new BroadcastChannel(NAME);
  #stopped = new AbortController();
  #leading: AbortController | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** Listen to every event, of whichever tab; returns how to stop. */
  on(listener: (event: StreamEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  start(): void {
    const { signal } = this.#stopped;
    this.#channel.addEventListener("message", ({ data }: MessageEvent<Said>) => this.#hear(data), {
      signal,
    });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (!document.hidden && !this.#leading) this.#say({ kind: "visible" });
      },
      { signal },
    );
    void this.#lead(signal);
  }

  stop(): void {
    this.#stopped.abort();
    this.#stopped = new AbortController();
  }

  async #lead(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leading = new AbortController();
      const done = AbortSignal.any([signal, leading.signal]);
      await navigator.locks
        .request(NAME, { signal }, async () => {
          this.#leading = leading;
          await follow(
            this.#url,
            done,
            this.#last,
            {
              event: (event) => this.#say({ kind: "event", event }),
              open: () => this.#say({ kind: "state", state: "open" }),
              down: () => this.#say({ kind: "state", state: "down" }),
            },
            { send, wait },
          );
        })
        .catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      this.#leading = null;
    }
  }

  #say(said: Said): void {
    this.#channel.postMessage(said);
    this.#take(said);
  }

  #hear(said: Said): void {
    if (said.kind === "visible") {
      if (this.#leading && document.hidden) this.#leading.abort();
      // A tab that has just come learns how things stand.
      else if (this.#leading) this.#channel.postMessage({ kind: "state", state: this.state.get() });
      return;
    }
    this.#take(said);
  }

  #take(said: Said): void {
    if (said.kind === "state") this.state.set(said.state);
    if (said.kind !== "event") return;
    if (said.event.id !== undefined) this.#last.id = said.event.id;
    this.state.set("open");
    for (const listener of [...this.#listeners]) listener(said.event);
  }
}
