import { pauseAfter } from "@/lib/live/stream";
import { Store } from "@/lib/store";
import {
  type Event,
  isChosen,
  isUnderWay,
  NOTHING,
  type ProjectState,
  type Queue,
  type Refusal,
  reduce,
  startable,
  type Upload,
  wakeAt,
} from "./state";

/** Where to put a photo. */
export type Ticket = { id: string; url: string; headers: Record<string, string> };

/** A step that was refused. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.name = "Refused";
    this.refusal = refusal;
  }
}

/** How the queue reaches the world: tests have another. Refusals are thrown as `Refused`. */
export type World = {
  now: () => number;
  random: () => number;
  /** Call once after so long; returns how to prevent it. */
  later: (milliseconds: number, then: () => void) => () => void;
  ticket: (upload: Upload, signal: AbortSignal) => Promise<Ticket>;
  /** Resolves when the photo is stored, by this request or by one before it. */
  put: (
    upload: Upload,
    ticket: Ticket,
    sent: (part: number) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  create: (upload: Upload, ticket: string) => Promise<ProjectState>;
  /** Give up an upload on the server; nobody waits for it. */
  drop: (ticket: string) => void;
  /** Remember it over a reload of the page, and forget it. */
  keep: (upload: Upload) => void;
  forget: (id: string) => void;
};

/** Takes photos to the server, three at a time. `state.ts` decides; this does what it says. */
export class UploadQueue {
  readonly state = new Store<Queue>(NOTHING);
  readonly #world: World;
  readonly #running = new Map<string, AbortController>();
  #wake: (() => void) | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  dispatch(event: Event): void {
    this.#apply(event);
    this.#begin();
  }

  /** Stop everything: the page is left. */
  close(): void {
    this.#wake?.();
    for (const running of this.#running.values()) running.abort();
    this.#running.clear();
    this.state.set(NOTHING);
  }

  #apply(event: Event): void {
    const before = this.state.get();
    const after = reduce(before, event);
    this.state.set(after);
    this.#remember(before, after);
  }

  #begin(): void {
    const now = this.#world.now();
    for (const { id } of startable(this.state.get(), now)) {
      this.#apply({ is: "started", id });
      const upload = this.#find(id);
      if (upload) void this.#run(upload);
    }
    this.#wake?.();
    const at = wakeAt(this.state.get(), now);
    this.#wake = at === null ? null : this.#world.later(at - now, () => this.#begin());
  }

  async #run(upload: Upload): Promise<void> {
    const { id, attempt } = upload;
    const running = new AbortController();
    this.#running.set(id, running);
    let ticket = upload.ticket;
    try {
      if (!ticket) {
        const given = await this.#world.ticket(upload, running.signal);
        ticket = given.id;
        // Removed meanwhile: nobody else knows of this ticket.
        if (running.signal.aborted) return this.#world.drop(ticket);
        this.dispatch({ is: "ticketed", id, attempt, ticket });
        await this.#world.put(
          upload,
          given,
          (part) => this.dispatch({ is: "sent", id, attempt, part }),
          running.signal,
        );
        this.dispatch({ is: "stored", id, attempt });
      }
      if (running.signal.aborted) return;
      const current = this.#find(id);
      if (!current) return;
      const project = await this.#world.create(current, ticket);
      this.#end(id, running);
      this.dispatch({ is: "created", id, attempt, project });
    } catch (error) {
      if (running.signal.aborted) return;
      this.#end(id, running);
      const refusal = error instanceof Refused ? error.refusal : broken(error);
      const failures = this.#find(id)?.failures ?? 0;
      const pause = Math.max(
        (refusal.retryAfter ?? 0) * 1000,
        pauseAfter(failures, this.#world.random),
      );
      const until = this.#world.now() + pause;
      this.dispatch({ is: "refused", id, attempt, refusal, until });
      // A new try takes a new ticket; this one would hold the bytes that it reserved.
      if (ticket && this.#find(id)?.ticket !== ticket) this.#world.drop(ticket);
    }
  }

  #end(id: string, running: AbortController): void {
    if (this.#running.get(id) === running) this.#running.delete(id);
  }

  #find(id: string): Upload | undefined {
    return this.state.get().uploads.find((upload) => upload.id === id);
  }

  /** What a reload of the page must not lose, and what was removed. */
  #remember(before: Queue, after: Queue): void {
    if (before.uploads === after.uploads) return;
    const known = new Map(before.uploads.map((upload) => [upload.id, upload]));
    for (const upload of after.uploads) {
      const old = known.get(upload.id);
      known.delete(upload.id);
      if (old && isKeptAs(old) === isKeptAs(upload)) continue;
      if (isToKeep(upload)) this.#world.keep(upload);
      else this.#world.forget(upload.id);
    }
    for (const removed of known.values()) {
      this.#world.forget(removed.id);
      const running = this.#running.get(removed.id);
      running?.abort();
      this.#running.delete(removed.id);
      // While its project is asked for the server may need it; then the project is what remains.
      if (removed.ticket && removed.stage.is !== "checking") this.#world.drop(removed.ticket);
    }
  }
}

/** Whether it has to outlive the page: the server does not know it yet. */
function isToKeep({ stage }: Upload): boolean {
  if (stage.is === "failed") return stage.project === null;
  return isChosen(stage) || stage.is === "waiting" || stage.is === "missing" || isUnderWay(stage);
}

/** What of it is kept, to see whether that has changed. */
function isKeptAs(upload: Upload): string {
  const { stage, choice, ticket } = upload;
  return [isToKeep(upload), stage.is, choice.room_type, choice.style, ticket].join(" ");
}

/** A fault of this page. */
function broken(error: unknown): Refusal {
  return { code: "broken", status: 400, detail: String(error), facts: {} };
}
