import { send } from "../api";
import { Store } from "../store";
import type { StreamEvent } from "./sse";
import { type Around, either, follow, wait } from "./stream";

/** Whether events arrive. While they do not, pages that wait for something ask by themselves. */
export type LiveState = "connecting" | "open" | "down";

type Said =
  | { kind: "event"; event: StreamEvent }
  | { kind: "state"; state: LiveState }
  | { kind: "visible" };

const NAME = "stagify:live";
// A leader that answers nothing for so long is one that its device has put to sleep.
const PATIENCE = 5_000;
const AROUND = {
  send,
  wait,
  isHidden: () => document.hidden,
  patience: (signal: AbortSignal) => wait(PATIENCE, signal),
};

/** One stream for all tabs of this origin, because a browser opens only six connections to a host.
 *
 * The tab that holds a lock reads the stream and tells the others. A hidden leader hands over to a tab
 * that is looked at, since browsers slow hidden tabs down. */
export class Live {
  readonly state = new Store<LiveState>("connecting");
  readonly #url: string;
  readonly #around: Around & Pick<typeof AROUND, "isHidden" | "patience">;
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  readonly #last: { id: string | undefined } = { id: undefined };
  readonly #channel = new BroadcastChannel(NAME);
  readonly #stopped = new AbortController();
  #leading: AbortController | null = null;
  #waiting = new AbortController();
  #heard = 0;

  constructor(url: string, around: Around & Pick<typeof AROUND, "isHidden" | "patience"> = AROUND) {
    this.#url = url;
    this.#around = around;
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
        if (!this.#around.isHidden()) void this.#ask(signal);
      },
      { signal },
    );
    void this.#lead(signal);
    void this.#ask(signal);
  }

  stop(): void {
    this.#stopped.abort();
    this.#channel.close();
  }

  async #lead(signal: AbortSignal): Promise<void> {
    let steal = false;
    while (!signal.aborted) {
      this.#waiting = new AbortController();
      const leading = new AbortController();
      const how = steal ? { steal } : { signal: either(signal, this.#waiting.signal) };
      await navigator.locks
        .request(NAME, how, () => this.#read(leading, signal))
        // Stopped, out of patience, or the lock was taken from this tab.
        .catch(() => undefined);
      steal = this.#waiting.signal.aborted && !leading.signal.aborted;
      leading.abort();
      this.#leading = null;
    }
  }

  async #read(leading: AbortController, signal: AbortSignal): Promise<void> {
    this.#leading = leading;
    await follow(
      this.#url,
      either(signal, leading.signal),
      this.#last,
      {
        event: (event) => this.#say({ kind: "event", event }),
        open: () => this.#say({ kind: "state", state: "open" }),
        down: () => this.#say({ kind: "state", state: "down" }),
      },
      this.#around,
    );
  }

  /** Ask the leader how things stand; a tab that gets no answer takes its place. */
  async #ask(signal: AbortSignal): Promise<void> {
    const heard = this.#heard;
    this.#channel.postMessage({ kind: "visible" } satisfies Said);
    await this.#around.patience(signal);
    const silent = this.#heard === heard && !this.#leading && !this.#around.isHidden();
    if (silent && !signal.aborted) this.#waiting.abort();
  }

  #say(said: Said): void {
    if (this.#stopped.signal.aborted) return;
    this.#channel.postMessage(said);
    this.#take(said);
  }

  #hear(said: Said): void {
    if (said.kind === "visible") {
      if (this.#leading && this.#around.isHidden()) this.#leading.abort();
      // A tab that has just come learns how things stand.
      else if (this.#leading) this.#channel.postMessage({ kind: "state", state: this.state.get() });
      return;
    }
    this.#heard += 1;
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
