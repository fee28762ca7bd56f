import { send } from "../api";
import { Store } from "../store";
import type { StreamEvent } from "./sse";
import { type Around, either, follow, wait, waitForConnection } from "./stream";

/** Whether events arrive. While they do not, pages that wait for something ask by themselves. */
export type LiveState = "connecting" | "open" | "down";

type Said =
  | { kind: "event"; event: StreamEvent }
  /** `last` is where the stream is, so that whichever tab leads next goes on there. `anew`: it has just
   * begun, and nobody knows what happened before. */
  | { kind: "state"; state: LiveState; last: string | undefined; anew: boolean }
  | { kind: "ended" }
  /** A tab asks the leader how things stand. */
  | { kind: "ask"; tab: string; isHidden: boolean }
  /** The leader gives its place to a tab that asked. */
  | { kind: "yours"; tab: string };

const NAME = "stagify:live";
// A leader that answers nothing for so long is one that its device has put to sleep.
const PATIENCE = 5_000;
const AROUND = {
  send,
  wait: waitForConnection,
  isHidden: () => document.hidden,
  patience: (signal: AbortSignal) => wait(PATIENCE, signal),
};

/** One stream for all tabs of this origin, because a browser opens only six connections to a host.
 *
 * The tab that holds a lock reads the stream and tells the others. A hidden leader hands over to a tab
 * that is looked at, since browsers slow hidden tabs down. */
export class Live {
  readonly state = new Store<LiveState>("connecting");
  /** How often events have begun to arrive here without those before them: each time, what was read earlier
   * has to be read again. */
  readonly beginnings = new Store(0);
  /** How often the stream has ended or was refused: perhaps because the person may do something else from now on, or
   * nothing any more. */
  readonly endings = new Store(0);
  readonly #url: string;
  readonly #around: Around & Pick<typeof AROUND, "isHidden" | "patience">;
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  readonly #last: { id: string | undefined } = { id: undefined };
  readonly #tab = crypto.randomUUID();
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
        open: (anew) => this.#say(this.#standing("open", anew)),
        moved: () => this.#say(this.#standing("open")),
        down: () => this.#say(this.#standing("down")),
        ended: () => this.#say({ kind: "ended" }),
      },
      this.#around,
    );
  }

  /** Ask the leader how things stand; a tab that is looked at and gets no answer takes its place. */
  async #ask(signal: AbortSignal): Promise<void> {
    const heard = this.#heard;
    const isHidden = this.#around.isHidden();
    this.#channel.postMessage({ kind: "ask", tab: this.#tab, isHidden } satisfies Said);
    await this.#around.patience(signal);
    if (this.#heard === heard && !signal.aborted) this.#takeOver();
  }

  #takeOver(): void {
    if (!this.#leading && !this.#around.isHidden()) this.#waiting.abort();
  }

  #standing(state: LiveState, anew = false): Said {
    return { kind: "state", state, last: this.#last.id, anew };
  }

  #say(said: Said): void {
    if (this.#stopped.signal.aborted) return;
    this.#channel.postMessage(said);
    this.#take(said);
  }

  #hear(said: Said): void {
    if (said.kind !== "ask") this.#heard += 1;
    if (said.kind === "ask") this.#answer(said);
    else if (said.kind !== "yours") this.#take(said);
    else if (said.tab === this.#tab) this.#takeOver();
  }

  #answer({ tab, isHidden }: Extract<Said, { kind: "ask" }>): void {
    if (!this.#leading) return;
    this.#channel.postMessage(this.#standing(this.state.get()));
    // By name: of those that wait for the lock, the first would be another hidden one.
    if (this.#around.isHidden() && !isHidden)
      this.#channel.postMessage({ kind: "yours", tab } satisfies Said);
  }

  #take(said: Said): void {
    if (said.kind === "state") {
      if (said.last !== undefined) this.#last.id = said.last;
      if (said.state === "open") this.#begin(said.anew);
      this.state.set(said.state);
    }
    if (said.kind === "ended") this.endings.set(this.endings.get() + 1);
    if (said.kind !== "event") return;
    if (said.event.id !== undefined) this.#last.id = said.event.id;
    this.#begin(false);
    this.state.set("open");
    for (const listener of [...this.#listeners]) listener(said.event);
  }

  #begin(anew: boolean): void {
    if (anew || this.beginnings.get() === 0) this.beginnings.set(this.beginnings.get() + 1);
  }
}
