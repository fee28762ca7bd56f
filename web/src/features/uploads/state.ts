/** What is asked for a photo: keys of the catalog. */
export type Choice = { room_type: string; style: string };

/** Why something was not done, in facts; `words.ts` makes sentences of them. */
export type Refusal = {
  code: string;
  /** 0 if nobody answered. */
  status: number;
  /** The server's sentence, for codes that we have no words for. */
  detail: string;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
  facts: Record<string, string | number>;
};

/** What is known of a project that a photo has become. */
export type ProjectState = {
  id: string;
  status: "queued" | "processing" | "staged" | "failed" | "cancelled";
  progress: number;
  failure: { code: string; message: string } | null;
  updated_at: string;
};

export type Stage =
  /** In the sheet: nothing happens before "Stage" is pressed. */
  | { is: "chosen" }
  /** In the sheet: this file cannot be staged. */
  | { is: "unfit"; refusal: Refusal }
  | { is: "waiting" }
  /** `part` of the bytes has left, from 0 to 1. */
  | { is: "sending"; part: number }
  /** The photo is stored; the server is asked for its project. */
  | { is: "checking" }
  | { is: "queued"; project: ProjectState }
  | { is: "developing"; project: ProjectState }
  | { is: "staged"; project: ProjectState }
  /** `project` if it was made and then failed. */
  | { is: "failed"; refusal: Refusal; project: ProjectState | null }
  /** The page was opened anew and does not have the file any more. */
  | { is: "missing" };

/** One photo on its way to a project. */
export type Upload = {
  /** Also the key of the request for the project, so there is one, however often it is asked for. */
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  /** The same for the same file. */
  readonly print: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly choice: Choice;
  readonly stage: Stage;
  /** The upload on the server, if one is open: the photo may be there already. */
  readonly ticket: string | null;
  /** Counts tries: an answer to an earlier one is not taken for the present one's. */
  readonly attempt: number;
  /** Tries in a row that failed by themselves. */
  readonly failures: number;
  /** The instant before which it is not tried again. */
  readonly notBefore: number;
};

export type Queue = {
  readonly uploads: readonly Upload[];
  readonly online: boolean;
  /** False after the session has ended, until the person is back. */
  readonly signedIn: boolean;
  /** The plan has nothing left; nothing begins until somebody says so. */
  readonly stopped: Refusal | null;
  /** The server asked for patience until then; `waiting` is why. */
  readonly notBefore: number;
  readonly waiting: Refusal | null;
  /** Projects that were heard of while a request for one was under way: its answer may be older. */
  readonly heard: readonly ProjectState[];
};

export type Event =
  | { is: "added"; uploads: readonly Upload[] }
  | { is: "chose"; ids: readonly string[]; choice: Partial<Choice> }
  | { is: "removed"; ids: readonly string[] }
  | { is: "pressed" }
  | { is: "started"; id: string }
  | { is: "ticketed"; id: string; attempt: number; ticket: string }
  | { is: "sent"; id: string; attempt: number; part: number }
  | { is: "stored"; id: string; attempt: number }
  | { is: "created"; id: string; attempt: number; project: ProjectState }
  /** `until` is when it may be tried again. */
  | { is: "refused"; id: string; attempt: number; refusal: Refusal; until: number }
  | { is: "told"; project: ProjectState }
  | { is: "gone"; project: string }
  | { is: "connected"; online: boolean }
  | { is: "signed"; in: boolean }
  | { is: "resumed" }
  | { is: "retried"; id: string }
  | { is: "found"; id: string }
  | { is: "cleared" };

/** Photos on their way at a time. */
export const AT_ONCE = 3;
/** A lost connection costs two of them: one to send, one to ask whether it arrived. */
const TRIES = 10;

export const NOTHING: Queue = {
  uploads: [],
  online: true,
  signedIn: true,
  stopped: null,
  notBefore: 0,
  waiting: null,
  heard: [],
};

/** What a refusal means for the photo and for the others. */
function verdictOf({
  status,
  code,
}: Refusal): "stop" | "wait" | "wait for all" | "renew" | "done" | "again" | "fail" {
  if (status === 402) return "stop";
  if (status === 429 || status === 503 || code === "tenant_provisioning") return "wait for all";
  if (code === "idempotency_in_progress" || code === "upload_in_progress") return "wait";
  // The link has expired, or the photo did not arrive: it takes a new one.
  if (["upload_not_filled", "upload_expired", "upload_not_found", "link_refused"].includes(code))
    return "renew";
  // Its project was made longer ago than the server remembers keys.
  if (code === "upload_already_used") return "done";
  // That the session has ended is told by `signed`; this answer may be older than its renewal.
  if ([0, 401, 408].includes(status) || status >= 500) return "again";
  return "fail";
}

/** The queue after something has happened. It decides everything; nothing else does. */
export function reduce(queue: Queue, event: Event): Queue {
  switch (event.is) {
    case "added":
      return { ...queue, uploads: [...queue.uploads, ...event.uploads] };
    case "chose":
      return change(queue, event.ids, (upload) => ({
        ...upload,
        choice: { ...upload.choice, ...event.choice },
      }));
    case "removed":
      return keep(queue, ({ id }) => !event.ids.includes(id));
    case "pressed":
      return {
        ...queue,
        stopped: null,
        uploads: queue.uploads
          .filter(({ stage }) => stage.is !== "unfit")
          .map((upload) =>
            upload.stage.is === "chosen" ? { ...upload, stage: { is: "waiting" } } : upload,
          ),
      };
    case "started":
      return change(queue, [event.id], (upload) =>
        upload.stage.is === "waiting"
          ? {
              ...upload,
              attempt: upload.attempt + 1,
              // With a ticket the photo may have arrived although its answer did not: ask first.
              stage: upload.ticket ? { is: "checking" } : { is: "sending", part: 0 },
            }
          : upload,
      );
    case "ticketed":
      return during(queue, event, "sending", (upload) => ({ ...upload, ticket: event.ticket }));
    case "sent":
      return during(queue, event, "sending", (upload) => ({
        ...upload,
        stage: { is: "sending", part: event.part },
      }));
    case "stored":
      return during(queue, event, "sending", (upload) => ({
        ...upload,
        stage: { is: "checking" },
      }));
    case "created":
      return created(queue, event);
    case "refused":
      return refused(queue, event);
    case "told":
      return told(queue, event.project);
    case "gone":
      return keep(
        queue,
        ({ stage }) => !("project" in stage && stage.project?.id === event.project),
      );
    case "connected":
      return { ...queue, online: event.online, ...(event.online && { uploads: patient(queue) }) };
    case "signed":
      return { ...queue, signedIn: event.in };
    case "resumed":
      return { ...queue, stopped: null, notBefore: 0, waiting: null, uploads: patient(queue) };
    case "retried":
      return change(queue, [event.id], (upload) =>
        upload.stage.is === "failed" && !upload.stage.project
          ? { ...upload, stage: { is: "waiting" }, failures: 0, notBefore: 0 }
          : upload,
      );
    case "found":
      return change(queue, [event.id], (upload) =>
        upload.stage.is === "missing" || upload.stage.is === "failed"
          ? { ...upload, stage: { is: "waiting" }, failures: 0, notBefore: 0 }
          : upload,
      );
    case "cleared":
      return keep(queue, ({ stage }) => !isOver(stage));
  }
}

/** Which photos begin now, the first first. */
export function startable(queue: Queue, now: number): Upload[] {
  if (!queue.online || !queue.signedIn || queue.stopped || now < queue.notBefore) return [];
  const room = AT_ONCE - queue.uploads.filter(({ stage }) => isUnderWay(stage)).length;
  return queue.uploads
    .filter(({ stage, notBefore }) => stage.is === "waiting" && notBefore <= now)
    .slice(0, Math.max(room, 0));
}

/** The next instant at which something becomes startable by the clock alone; null if none will. */
export function wakeAt(queue: Queue, now: number): number | null {
  if (!queue.online || !queue.signedIn || queue.stopped) return null;
  const waits = queue.uploads
    .filter(({ stage }) => stage.is === "waiting")
    .map(({ notBefore }) => Math.max(notBefore, queue.notBefore))
    .filter((instant) => instant > now);
  return waits.length > 0 ? Math.min(...waits) : null;
}

/** Whether a request for the photo is under way. */
export function isUnderWay(stage: Stage): boolean {
  return stage.is === "sending" || stage.is === "checking";
}

/** Whether the server works on it. */
export function isDeveloping(stage: Stage): boolean {
  return stage.is === "queued" || stage.is === "developing";
}

/** Whether nothing more happens to it by itself, and nothing is asked of the person. */
export function isOver(stage: Stage): boolean {
  return stage.is === "staged" || stage.is === "failed";
}

/** Whether it is still in the sheet. */
export function isChosen(stage: Stage): boolean {
  return stage.is === "chosen" || stage.is === "unfit";
}

function change(queue: Queue, ids: readonly string[], to: (upload: Upload) => Upload): Queue {
  return {
    ...queue,
    uploads: queue.uploads.map((upload) => (ids.includes(upload.id) ? to(upload) : upload)),
  };
}

function keep(queue: Queue, wanted: (upload: Upload) => boolean): Queue {
  const uploads = queue.uploads.filter(wanted);
  // Nothing waits any more, so nothing is stopped.
  const waits = uploads.some(({ stage }) => stage.is === "waiting" || isUnderWay(stage));
  return { ...queue, uploads, stopped: waits ? queue.stopped : null };
}

/** A change by an answer: only if it belongs to the present try, and that is where it should be. */
function during(
  queue: Queue,
  { id, attempt }: { id: string; attempt: number },
  stage: "sending" | "checking" | "either",
  to: (upload: Upload) => Upload,
): Queue {
  return change(queue, [id], (upload) => {
    const fits = stage === "either" ? isUnderWay(upload.stage) : upload.stage.is === stage;
    return fits && upload.attempt === attempt ? to(upload) : upload;
  });
}

function created(queue: Queue, event: Extract<Event, { is: "created" }>): Queue {
  const heard = queue.heard.find(({ id }) => id === event.project.id);
  const project = heard ? later(event.project, heard) : event.project;
  const next = during(queue, event, "checking", (upload) => ({
    ...upload,
    failures: 0,
    ticket: null,
    stage: stageOf(project),
  }));
  const asks = next.uploads.some(({ stage }) => stage.is === "checking");
  return dropCancelled({ ...next, waiting: null, heard: asks ? next.heard : [] });
}

function told(queue: Queue, project: ProjectState): Queue {
  const asks = queue.uploads.some(({ stage }) => stage.is === "checking");
  const heard = asks
    ? [...queue.heard.filter(({ id }) => id !== project.id), project]
    : queue.heard;
  const uploads = queue.uploads.map((upload) => {
    if (!("project" in upload.stage) || upload.stage.project?.id !== project.id) return upload;
    const known = upload.stage.project;
    return later(known, project) === known ? upload : { ...upload, stage: stageOf(project) };
  });
  return dropCancelled({ ...queue, heard, uploads });
}

function refused(queue: Queue, event: Extract<Event, { is: "refused" }>): Queue {
  const { refusal, until } = event;
  const before = queue.uploads.find(({ id }) => id === event.id);
  if (!before || before.attempt !== event.attempt || !isUnderWay(before.stage)) return queue;
  const verdict = verdictOf(refusal);
  const back = (changes: Partial<Upload>) =>
    during(queue, event, "either", (upload) => ({
      ...upload,
      stage: { is: "waiting" },
      ...changes,
    }));
  switch (verdict) {
    case "stop":
      return { ...back({}), stopped: refusal };
    case "wait for all":
      return { ...back({}), notBefore: Math.max(queue.notBefore, until), waiting: refusal };
    case "wait":
      return back({ notBefore: until });
    case "done":
      return keep(queue, ({ id }) => id !== event.id);
    case "again":
    case "renew": {
      const ticket = verdict === "renew" ? null : before.ticket;
      // Without a connection or a session a try says nothing about the photo.
      const failures = before.failures + (queue.online && queue.signedIn ? 1 : 0);
      if (failures < TRIES)
        return back({
          ticket,
          failures,
          notBefore: verdict === "renew" && failures < 4 ? 0 : until,
        });
      return during(queue, event, "either", (upload) => ({
        ...upload,
        ticket,
        stage: { is: "failed", refusal, project: null },
      }));
    }
    case "fail":
      return during(queue, event, "either", (upload) => ({
        ...upload,
        stage: { is: "failed", refusal, project: null },
      }));
  }
}

function stageOf(project: ProjectState): Stage {
  switch (project.status) {
    case "queued":
      return { is: "queued", project };
    case "processing":
      return { is: "developing", project };
    case "staged":
      return { is: "staged", project };
    default:
      return { is: "failed", project, refusal: refusalOf(project) };
  }
}

function refusalOf({ failure }: ProjectState): Refusal {
  const { code = "cancelled", message = "" } = failure ?? {};
  return { code, status: 422, detail: message, facts: {} };
}

/** Somebody cancelled it elsewhere, and knows. */
function dropCancelled(queue: Queue): Queue {
  return keep(
    queue,
    ({ stage }) => !(stage.is === "failed" && stage.project?.status === "cancelled"),
  );
}

function later(one: ProjectState, other: ProjectState): ProjectState {
  return Date.parse(other.updated_at) >= Date.parse(one.updated_at) ? other : one;
}

/** There is no reason left to wait. */
function patient(queue: Queue): readonly Upload[] {
  return queue.uploads.map((upload) =>
    upload.stage.is === "waiting" ? { ...upload, notBefore: 0 } : upload,
  );
}
