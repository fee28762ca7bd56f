import type { Limits } from "@/features/catalog";
import { newKey } from "@/lib/api";
import { expiry } from "@/lib/expiry";
import { hold as holdPage } from "@/lib/hold";
import { leaving } from "@/lib/leaving";
import { startLive } from "@/lib/live";
import { Store, useStore } from "@/lib/store";
import { closeUpload, createProject, openUpload, readProjects, stateOf } from "./api";
import { type Fit, fitOf } from "./fit";
import { Pictures } from "./pictures";
import { Refused, UploadQueue } from "./queue";
import { isReadable, put } from "./send";
import { type Choice, isDeveloping, isUnderWay, type Queue, type Upload } from "./state";
import { Shelf } from "./store";

/** The photos of this page on their way to the server. There is one queue; it outlives navigation. */
export const pictures = new Pictures();

/** How many files that were chosen have not been looked at yet. */
const unread = new Store(0);

const files = new Map<string, Blob>();
const POLL = 4_000;

let shelf: Shelf | null = null;
let opened: string | null = null;

export const queue = new UploadQueue({
  now: Date.now,
  random: Math.random,
  later: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
  ticket: async (upload, signal) => {
    await fileOf(upload);
    return await openUpload(upload, signal);
  },
  put: async (upload, ticket, sent, signal) => put(await fileOf(upload), ticket, sent, signal),
  create: createProject,
  drop: closeUpload,
  keep: (upload) => shelf?.keep(upload, files.get(upload.id)),
  forget: (id) => {
    shelf?.forget(id);
    if (!queue.state.get().uploads.some((upload) => upload.id === id)) pictures.drop(id);
    // What is on the server is not needed here.
    files.delete(id);
  },
});

/** The bytes of a photo. Some phones lend a file for a moment only: what could not be sent at the first
 * try is taken into memory, if it can be read at all. */
async function fileOf({ id, failures }: Upload): Promise<Blob> {
  const file = files.get(id);
  const gone = new Refused({ code: "file_unreadable", status: 400, detail: "", facts: {} });
  if (!file || !(await isReadable(file))) throw gone;
  if (failures === 0 || !(file instanceof File)) return file;
  const copy = new Blob([await file.arrayBuffer().catch(() => Promise.reject(gone))]);
  files.set(id, copy);
  return copy;
}

/** Begin with what this person left here: of their own uploads only. */
export async function openUploads(person: string): Promise<void> {
  if (opened === person) return;
  opened = person;
  const page = newKey();
  const mine = `stagify:uploads:${page}`;
  // Held as long as the page is open: by it other tabs see whose uploads are still taken care of.
  void navigator.locks.request(mine, () => new Promise<void>((close) => leaving.add(close)));
  shelf = new Shelf(person, mine);
  // Whoever is quick has chosen photos already.
  for (const upload of queue.state.get().uploads) shelf.keep(upload, files.get(upload.id));
  for (const owner of await shelf.owners()) void takeOver(shelf, owner);
}

/** Go on with what a page has begun, as soon as that is not open any more. One that was left a moment ago
 * may still hold its lock; one in another tab may do so for hours. */
async function takeOver(from: Shelf, owner: string): Promise<void> {
  const stop = new AbortController();
  leaving.add(() => stop.abort());
  await navigator.locks
    .request(owner, { signal: stop.signal }, async () => {
      const left = await from.adopt(owner);
      for (const { upload, file } of left) {
        if (!file) continue;
        files.set(upload.id, file);
        pictures.make(upload.id, file);
      }
      const uploads = left.map(({ upload, file }) => resumed(upload, file));
      queue.dispatch({ is: "added", uploads });
    })
    .catch(() => undefined);
}

function resumed(upload: Upload, file: Blob | null): Upload {
  // What the server may have does not need the file; it is asked first.
  const isLost = !file && !(upload.ticket && upload.stage.is !== "chosen");
  const stage: Upload["stage"] = isLost
    ? { is: "missing" }
    : isUnderWay(upload.stage)
      ? { is: "waiting" }
      : upload.stage;
  return { ...upload, stage, notBefore: 0, failures: 0 };
}

/** What became of files that were chosen. */
export type Added = { added: number; again: string[] };

/** Take files into the sheet. The same file twice is one photo; one that was missed is there again. */
export async function addFiles(
  chosen: readonly File[],
  limits: Limits,
  choice: Choice,
): Promise<Added> {
  const again: string[] = [];
  let added = 0;
  unread.set(unread.get() + chosen.length);
  for (const file of chosen) {
    const fit = await fitOf(file, limits);
    unread.set(unread.get() - 1);
    const known = queue.state.get().uploads.find(({ print }) => print === fit.print);
    if (known && (known.stage.is === "missing" || isLostFile(known))) {
      files.set(known.id, file);
      pictures.make(known.id, file);
      queue.dispatch({ is: "found", id: known.id });
    } else if (known && known.stage.is !== "failed") {
      again.push(file.name);
    } else {
      add(file, fit, choice);
      added += 1;
    }
  }
  return { added, again };
}

function isLostFile({ stage }: Upload): boolean {
  return stage.is === "failed" && stage.refusal.code === "file_unreadable";
}

function add(file: File, fit: Fit, choice: Choice): void {
  const id = newKey();
  const { refusal, ...facts } = fit;
  files.set(id, file);
  if (!refusal) pictures.make(id, file);
  const upload: Upload = {
    id,
    name: file.name,
    size: file.size,
    ...facts,
    choice,
    stage: refusal ? { is: "unfit", refusal } : { is: "chosen" },
    ticket: null,
    attempt: 0,
    failures: 0,
    notBefore: 0,
  };
  queue.dispatch({ is: "added", uploads: [upload] });
}

export function useUploads(): Queue {
  return useStore(queue.state);
}

/** How many photos will yet come to those that are chosen. */
export function useUnread(): number {
  return useStore(unread);
}

/** The picture of an upload that was made here; undefined if there is none. */
export function usePicture(id: string | undefined): string | undefined {
  const urls = useStore(pictures.urls);
  return id === undefined ? undefined : urls.get(id);
}

/** Follow what the queue depends on: the connection, the session, the events, the page itself. Returns
 * how to stop. */
export function attend(): () => void {
  const { signal, stop } = until();
  const connected = () => queue.dispatch({ is: "connected", online: navigator.onLine });
  connected();
  window.addEventListener("online", connected, { signal });
  window.addEventListener("offline", connected, { signal });
  const signed = () => queue.dispatch({ is: "signed", in: !expiry.ended.get() });
  const live = startLive();
  const unfollow = [
    expiry.ended.follow(signed),
    live.beginnings.follow(() => void lookAtAll()),
    live.on(({ event, data }) => {
      if (event === "project") queue.dispatch({ is: "told", project: stateOf(JSON.parse(data)) });
      if (event === "deleted") queue.dispatch({ is: "gone", project: JSON.parse(data).id });
      if (event === "reset") void lookAtAll();
    }),
    queue.state.follow(() => guard(queue.state.get())),
  ];
  // Log-out must not ask whether the page may be left.
  leaving.add(() => {
    stop();
    files.clear();
    pictures.clear();
    queue.close();
  });
  const poll = setInterval(() => void look(), POLL);
  return () => {
    stop();
    clearInterval(poll);
    for (const each of unfollow) each();
  };
}

function until() {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort() };
}

/** While no events arrive, ask what became of photos. */
async function look(): Promise<void> {
  if (queue.state.get().online && startLive().state.get() !== "open") await lookAtAll();
}

/** Ask what became of photos, of which nothing may have been heard. */
async function lookAtAll(): Promise<void> {
  if (!queue.state.get().uploads.some(({ stage }) => isDeveloping(stage))) return;
  const projects = await readProjects().catch(() => []);
  for (const project of projects) queue.dispatch({ is: "told", project });
}

let lock: WakeLockSentinel | null = null;
let release: (() => void) | null = null;
let guarded = false;

/** While bytes leave, the page is not closed by accident and the phone does not fall asleep. */
function guard({ uploads }: Queue): void {
  // A new build does not reload the page while it has files that only this page knows.
  const holds = uploads.some(({ stage }) => stage.is !== "staged");
  if (holds && !release) release = holdPage();
  if (!holds) {
    release?.();
    release = null;
  }
  const flies = uploads.some(({ stage }) => stage.is === "sending");
  if (flies === guarded) return;
  guarded = flies;
  if (flies) {
    window.addEventListener("beforeunload", ask);
    navigator.wakeLock?.request("screen").then(
      (sentinel) => {
        if (guarded) lock = sentinel;
        else void sentinel.release();
      },
      () => undefined,
    );
  } else {
    window.removeEventListener("beforeunload", ask);
    void lock?.release();
    lock = null;
  }
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** How the photos stand, in numbers. */
export type Counts = { all: number; done: number; failed: number; open: number };

export function countsOf({ uploads }: Queue): Counts {
  const sent = uploads.filter(({ stage }) => stage.is !== "chosen" && stage.is !== "unfit");
  const done = sent.filter(({ stage }) => stage.is === "staged").length;
  const failed = sent.filter(({ stage }) => stage.is === "failed" || stage.is === "missing").length;
  return { all: sent.length, done, failed, open: sent.length - done - failed };
}
