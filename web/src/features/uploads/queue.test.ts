import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Refused, type Ticket, UploadQueue, type World } from "./queue";
import {
  AT_ONCE,
  type Event,
  isUnderWay,
  NOTHING,
  type ProjectState,
  type Queue,
  type Refusal,
  reduce,
  type Upload,
} from "./state";

const CHOICE = { room_type: "bedroom", style: "modern" };

function chosen(id: string): Upload {
  return {
    id,
    name: `${id}.jpg`,
    size: 1000,
    type: "image/jpeg",
    print: id,
    width: 1600,
    height: 1067,
    choice: CHOICE,
    stage: { is: "chosen" },
    ticket: null,
    attempt: 0,
    failures: 0,
    notBefore: 0,
  };
}

function refusal(status: number, code: string, facts: Refusal["facts"] = {}): Refusal {
  return { status, code, detail: "", facts };
}

type Trouble =
  | "none"
  /** The request does not arrive. */
  | "lost"
  /** It arrives and is done, but its answer is lost. */
  | "unheard"
  | "busy"
  | "broken"
  | "expired link"
  | "session over";

/** A server that does what the real one does, with all its refusals, and counts what it made. */
class Server {
  now = 0;
  readonly bytes = new Map<string, string>();
  readonly open = new Set<string>();
  readonly projects = new Map<string, { upload: string; project: ProjectState }>();
  readonly underWay = new Set<string>();
  most = 0;
  quota = Number.POSITIVE_INFINITY;
  signedIn = true;
  /** The page hears of the end of a session by another way than the queue. */
  ended = () => {};
  troubles: Trouble[] = [];
  #tickets = 0;
  #timers: { at: number; then: () => void }[] = [];
  /** Steps that wait for their turn, so that a test orders them. */
  readonly steps: (() => void)[] = [];

  readonly world: World = {
    now: () => this.now,
    random: () => 0.5,
    later: (milliseconds, then) => {
      const timer = { at: this.now + milliseconds, then };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((each) => each !== timer);
      };
    },
    ticket: (upload) => this.#step(upload, () => this.#openUpload()),
    put: (upload, ticket, sent) =>
      this.#step(upload, () => {
        sent(1);
        this.#store(upload, ticket);
      }),
    create: (upload, ticket) => this.#step(upload, () => this.#create(upload, ticket)),
    drop: (ticket) => {
      this.open.delete(ticket);
      this.bytes.delete(ticket);
    },
    keep: () => undefined,
    forget: () => undefined,
  };

  #step<T>(upload: Upload, work: () => T): Promise<T> {
    // The same photo is never taken care of twice at a time.
    expect(this.underWay.has(upload.id)).toBe(false);
    this.underWay.add(upload.id);
    this.most = Math.max(this.most, this.underWay.size);
    return new Promise((resolve, reject) => {
      this.steps.push(() => {
        this.underWay.delete(upload.id);
        try {
          resolve(this.#answer(work));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #answer<T>(work: () => T): T {
    const trouble = this.troubles.shift() ?? "none";
    if (trouble === "lost") throw new Refused(refusal(0, "network"));
    if (trouble === "busy") throw new Refused({ ...refusal(429, "rate_limited"), retryAfter: 7 });
    if (trouble === "broken") throw new Refused(refusal(502, "upstream_failed"));
    if (trouble === "expired link") throw new Refused(refusal(403, "link_refused"));
    if (trouble === "session over") {
      this.signedIn = false;
      this.ended();
    }
    if (!this.signedIn) throw new Refused(refusal(401, "authentication_required"));
    const result = work();
    if (trouble === "unheard") throw new Refused(refusal(0, "network"));
    return result;
  }

  #openUpload(): Ticket {
    this.#tickets += 1;
    const id = `ticket ${this.#tickets}`;
    this.open.add(id);
    return { id, url: id, headers: {} };
  }

  #store(upload: Upload, ticket: Ticket): void {
    if (!this.open.has(ticket.id)) throw new Refused(refusal(404, "link_refused"));
    // 412 to the second is "stored" to the queue.
    this.bytes.set(ticket.id, upload.print);
  }

  #create(upload: Upload, ticket: string): ProjectState {
    const made = this.projects.get(upload.id);
    if (made) return made.project;
    if (!this.open.has(ticket)) throw new Refused(refusal(404, "upload_not_found"));
    if (!this.bytes.has(ticket)) throw new Refused(refusal(409, "upload_not_filled"));
    if (this.projects.size >= this.quota)
      throw new Refused(refusal(402, "quota_exceeded", { meter: "staging", limit: this.quota }));
    expect(this.bytes.get(ticket)).toBe(upload.print);
    const project: ProjectState = {
      id: `project of ${upload.id}`,
      status: "queued",
      progress: 0,
      failure: null,
      updated_at: new Date(this.now).toISOString(),
    };
    this.projects.set(upload.id, { upload: ticket, project });
    this.open.delete(ticket);
    return project;
  }

  /** Let time pass up to the next thing that waits for it; false if nothing does. */
  pass(): boolean {
    const next = this.#timers.toSorted((one, other) => one.at - other.at)[0];
    if (!next) return false;
    this.now = Math.max(this.now, next.at);
    this.#timers = this.#timers.filter((each) => each !== next);
    next.then();
    return true;
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function begin(ids: string[], server = new Server()) {
  const queue = new UploadQueue(server.world);
  server.ended = () => queue.dispatch({ is: "signed", in: false });
  queue.dispatch({ is: "added", uploads: ids.map(chosen) });
  queue.dispatch({ is: "pressed" });
  const find = (id: string) => queue.state.get().uploads.find((upload) => upload.id === id);
  return { server, queue, stage: (id: string) => find(id)?.stage };
}

async function finish({ server }: { server: Server }, limit = 2000): Promise<void> {
  for (let turn = 0; turn < limit; turn++) {
    await settled();
    const step = server.steps.shift();
    if (step) step();
    else if (!server.pass()) return;
  }
  throw new Error("It never comes to an end.");
}

async function steps({ server }: { server: Server }, many: number): Promise<void> {
  for (let turn = 0; turn < many; turn++) {
    await settled();
    server.steps.shift()?.();
  }
  await settled();
}

describe("one photo", () => {
  test("becomes one project", async () => {
    const it = begin(["a"]);
    await finish(it);
    expect(it.stage("a")?.is).toBe("queued");
    expect(it.server.projects.size).toBe(1);
  });

  test("whose PUT was stored but not answered is not sent again", async () => {
    const it = begin(["a"]);
    it.server.troubles = ["none", "unheard"];
    await finish(it);
    expect(it.stage("a")?.is).toBe("queued");
    expect([...it.server.bytes.keys()]).toEqual(["ticket 1"]);
  });

  test("whose PUT did not arrive takes a new ticket and gives up the old one", async () => {
    const it = begin(["a"]);
    it.server.troubles = ["none", "lost"];
    await finish(it);
    expect(it.server.projects.get("a")?.upload).toBe("ticket 2");
    expect(it.server.open.size).toBe(0);
  });

  test("whose project was made but not answered is asked for with the same key", async () => {
    const it = begin(["a"]);
    it.server.troubles = ["none", "none", "unheard"];
    await finish(it);
    expect(it.stage("a")?.is).toBe("queued");
    expect(it.server.projects.size).toBe(1);
  });

  test.each([
    [413, "upload_too_large"],
    [415, "unsupported_media_type"],
    [422, "photo_too_large"],
    [400, "file_unreadable"],
  ])("is explained if it is refused with %i, and the others go on", async (status, code) => {
    const it = begin(["a", "b"]);
    const { ticket } = it.server.world;
    it.server.world.ticket = (upload, signal) =>
      upload.id === "c"
        ? Promise.reject(new Refused(refusal(status, code)))
        : ticket(upload, signal);
    it.queue.dispatch({ is: "added", uploads: [chosen("c")] });
    it.queue.dispatch({ is: "pressed" });
    await finish(it);
    expect(it.stage("c")).toMatchObject({ is: "failed", refusal: { code } });
    expect([it.stage("a")?.is, it.stage("b")?.is]).toEqual(["queued", "queued"]);
  });

  test("is given up after many failures, and tried again when somebody says so", async () => {
    const it = begin(["a"]);
    it.server.troubles = Array(10).fill("lost");
    await finish(it);
    expect(it.stage("a")).toMatchObject({ is: "failed", refusal: { code: "network" } });
    it.queue.dispatch({ is: "retried", id: "a" });
    await finish(it);
    expect(it.stage("a")?.is).toBe("queued");
  });

  test("that is removed while it is sent leaves nothing on the server", async () => {
    for (const many of [0, 1, 2]) {
      const it = begin(["a"]);
      await steps(it, many);
      if (it.stage("a")?.is === "checking") break;
      it.queue.dispatch({ is: "removed", ids: ["a"] });
      await finish(it);
      expect(it.server.open.size).toBe(0);
      expect(it.server.projects.size).toBe(0);
    }
  });
});

describe("the queue", () => {
  test("takes three at a time", async () => {
    const it = begin(["a", "b", "c", "d", "e", "f", "g"]);
    await finish(it);
    expect(it.server.most).toBe(AT_ONCE);
    expect(it.server.projects.size).toBe(7);
  });

  test("stops at 402, keeps what is stored, and goes on when there is more", async () => {
    const it = begin(["a", "b", "c"]);
    it.server.quota = 1;
    await finish(it);
    expect(it.queue.state.get().stopped?.code).toBe("quota_exceeded");
    expect(it.server.projects.size).toBe(1);
    const waiting = it.queue.state.get().uploads.filter(({ stage }) => stage.is === "waiting");
    expect(waiting).toHaveLength(2);
    it.server.quota = 3;
    it.queue.dispatch({ is: "resumed" });
    await finish(it);
    expect(it.server.projects.size).toBe(3);
    // Nothing was sent twice.
    expect(it.server.bytes.size).toBe(3);
  });

  test("waits as long as 429 asks", async () => {
    const it = begin(["a"]);
    it.server.troubles = ["busy"];
    await finish(it);
    expect(it.server.now).toBe(7000);
    expect(it.stage("a")?.is).toBe("queued");
  });

  test("waits without a connection, and no try counts", async () => {
    const it = begin(["a"]);
    it.queue.dispatch({ is: "connected", online: false });
    it.server.troubles = ["lost"];
    await finish(it);
    expect(it.stage("a")?.is).toBe("waiting");
    it.queue.dispatch({ is: "connected", online: true });
    await finish(it);
    expect(it.stage("a")?.is).toBe("queued");
  });

  test("pauses when the session ends and goes on when the person is back", async () => {
    const it = begin(["a", "b"]);
    it.server.troubles = ["none", "session over"];
    await finish(it);
    expect(it.queue.state.get().signedIn).toBe(false);
    it.server.signedIn = true;
    it.queue.dispatch({ is: "signed", in: true });
    await finish(it);
    expect(it.server.projects.size).toBe(2);
  });

  test("believes an event that came before the answer", async () => {
    const it = begin(["a"]);
    await steps(it, 2);
    expect(it.stage("a")?.is).toBe("checking");
    const project: ProjectState = {
      id: "project of a",
      status: "staged",
      progress: 1,
      failure: null,
      updated_at: new Date(60_000).toISOString(),
    };
    it.queue.dispatch({ is: "told", project });
    await finish(it);
    expect(it.stage("a")?.is).toBe("staged");
    it.queue.dispatch({
      is: "told",
      project: { ...project, status: "processing", updated_at: new Date(0).toISOString() },
    });
    expect(it.stage("a")?.is).toBe("staged");
  });

  test("forgets a photo whose project was deleted or cancelled elsewhere", async () => {
    const it = begin(["a", "b"]);
    await finish(it);
    it.queue.dispatch({ is: "gone", project: "project of a" });
    const [, b] = it.queue.state.get().uploads.map(({ stage }) => stage);
    expect(b).toBeUndefined();
    it.queue.dispatch({
      is: "told",
      project: {
        id: "project of b",
        status: "cancelled",
        progress: 0,
        failure: null,
        updated_at: new Date(1).toISOString(),
      },
    });
    expect(it.queue.state.get().uploads).toEqual([]);
  });
});

describe("what is decided", () => {
  const queueAfter = (...events: Event[]) =>
    [
      { is: "added", uploads: [chosen("a")] } as const,
      { is: "pressed" } as const,
      { is: "started", id: "a" } as const,
      ...events,
    ].reduce<Queue>(reduce, NOTHING);
  const lost: Event = {
    is: "refused",
    id: "a",
    attempt: 1,
    refusal: refusal(0, "network"),
    until: 1000,
  };
  const again: Event = { is: "started", id: "a" };

  test("an answer to an earlier try is not taken for the present one's", () => {
    const before = queueAfter(lost, again);
    const late: Event[] = [
      { is: "ticketed", id: "a", attempt: 1, ticket: "old" },
      { is: "stored", id: "a", attempt: 1 },
      { ...lost, refusal: refusal(422, "photo_too_large") },
      { ...lost, refusal: refusal(402, "quota_exceeded") },
    ];
    for (const event of late) expect(queueAfter(lost, again, event)).toEqual(before);
    expect(before.uploads[0]?.stage.is).toBe("sending");
  });

  test.each<[string, Event | null, number]>([
    ["with everything well", null, 1],
    ["without a connection", { is: "connected", online: false }, 0],
    ["without a session", { is: "signed", in: false }, 0],
  ])("a try that fails %s counts %s", (_, event, failures) => {
    const queue = event ? queueAfter(event, lost) : queueAfter(lost);
    expect(queue.uploads[0]?.failures).toBe(failures);
  });
});

type Turn =
  | { does: "step"; which: number }
  | { does: "time" }
  | { does: "offline" | "online" | "back" | "resume" | "reload" }
  | { does: "remove" | "retry"; which: number };

const turns = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ does: fc.constant("step" as const), which: fc.nat(9) }) },
    { weight: 4, arbitrary: fc.constant({ does: "time" as const }) },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom("offline" as const, "online" as const, "back" as const, "resume" as const)
        .map((does) => ({ does })),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constantFrom("remove" as const, "retry" as const),
        which: fc.nat(9),
      }),
    },
  ),
  { maxLength: 80 },
);

const troubles = fc.array(
  fc.constantFrom<Trouble>(
    "none",
    "none",
    "lost",
    "unheard",
    "busy",
    "broken",
    "expired link",
    "session over",
  ),
  { maxLength: 40 },
);

test("in whatever order things fail, in the end each photo is one project or has a reason", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 6 }),
      troubles,
      turns,
      async (many, quota, bad, order) => {
        const ids = [..."abcdef"].slice(0, many);
        const server = new Server();
        server.quota = quota;
        server.troubles = [...bad];
        const it = begin(ids, server);
        for (const turn of order as Turn[]) {
          await settled();
          take(turn, it);
          check(it);
        }
        // Then everything is well again.
        server.troubles = [];
        server.signedIn = true;
        it.queue.dispatch({ is: "connected", online: true });
        it.queue.dispatch({ is: "signed", in: true });
        await finish(it);
        check(it);
        const stuck = it.queue.state.get().stopped;
        for (const { id, stage } of it.queue.state.get().uploads) {
          const reason = stage.is === "failed" ? stage.refusal.code : null;
          if (stage.is === "waiting") expect(stuck?.code).toBe("quota_exceeded");
          else if (!reason) expect(server.projects.has(id)).toBe(true);
          expect(isUnderWay(stage)).toBe(false);
        }
        // With room in the plan nothing is left over.
        server.quota = Number.POSITIVE_INFINITY;
        it.queue.dispatch({ is: "resumed" });
        for (const { id } of it.queue.state.get().uploads) it.queue.dispatch({ is: "retried", id });
        await finish(it);
        for (const { id, stage } of it.queue.state.get().uploads) {
          expect(stage.is).toBe("queued");
          expect(server.projects.has(id)).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);

function take(turn: Turn, { server, queue }: ReturnType<typeof begin>): void {
  const uploads = queue.state.get().uploads;
  switch (turn.does) {
    case "step":
      server.steps.splice(turn.which % Math.max(server.steps.length, 1), 1)[0]?.();
      break;
    case "time":
      server.pass();
      break;
    case "offline":
    case "online":
      queue.dispatch({ is: "connected", online: turn.does === "online" });
      break;
    case "back":
      server.signedIn = true;
      queue.dispatch({ is: "signed", in: true });
      break;
    case "resume":
      queue.dispatch({ is: "resumed" });
      break;
    case "remove": {
      const upload = uploads[turn.which % Math.max(uploads.length, 1)];
      if (upload && upload.stage.is !== "checking")
        queue.dispatch({ is: "removed", ids: [upload.id] });
      break;
    }
    case "retry": {
      const upload = uploads[turn.which % Math.max(uploads.length, 1)];
      if (upload) queue.dispatch({ is: "retried", id: upload.id });
      break;
    }
  }
}

/** What holds at every moment. */
function check({ server, queue }: ReturnType<typeof begin>): void {
  const { uploads } = queue.state.get();
  expect(uploads.filter(({ stage }) => isUnderWay(stage)).length).toBeLessThanOrEqual(AT_ONCE);
  expect(new Set(uploads.map(({ id }) => id)).size).toBe(uploads.length);
  for (const { id, stage } of uploads) {
    if ("project" in stage && stage.project) expect(server.projects.has(id)).toBe(true);
  }
  const tickets = [...server.projects.values()].map(({ upload }) => upload);
  expect(new Set(tickets).size).toBe(tickets.length);
}
