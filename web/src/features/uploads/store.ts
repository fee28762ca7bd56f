import type { Upload } from "./state";

/** Larger files are not copied; after a reload the person chooses them again. */
const LARGEST_COPY = 10_000_000;

type Kept = { upload: Upload; file: Blob | null; owner: string };

/** What of the queue outlives a reload of the page: in the browser's database of one person, so nobody
 * else on this browser is shown it. Without the database (private windows) nothing outlives it. */
export class Shelf {
  readonly #database: Promise<IDBDatabase | null>;
  readonly #owner: string;
  /** Ids whose file is there already: it is written once, not with every change. */
  readonly #filed = new Map<string, Blob | null>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(person: string, owner: string) {
    this.#database = open(`stagify:uploads:${person}`);
    this.#owner = owner;
  }

  keep(upload: Upload, file: Blob | undefined): void {
    if (!this.#filed.has(upload.id) && file)
      this.#filed.set(upload.id, file.size <= LARGEST_COPY ? file : null);
    const kept: Kept = {
      upload,
      file: this.#filed.get(upload.id) ?? null,
      owner: this.#owner,
    };
    void this.#do((store) => store.put(kept));
  }

  forget(id: string): void {
    this.#filed.delete(id);
    void this.#do((store) => store.delete(id));
  }

  /** What pages left behind that are not open any more; from now on it belongs to this page. */
  async adopt(
    isOpen: (owner: string) => boolean,
  ): Promise<{ upload: Upload; file: Blob | null }[]> {
    const all = ((await this.#do((store) => store.getAll())) ?? []) as Kept[];
    const left = all.filter(({ owner }) => !isOpen(owner));
    for (const { upload, file } of left) {
      this.#filed.set(upload.id, file);
      this.keep(upload, undefined);
    }
    return left;
  }

  async close(): Promise<void> {
    (await this.#database)?.close();
  }

  /** One after the other, so that the last state is what stays. */
  #do<T>(work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
    const done = this.#last.then(async () => {
      const database = await this.#database;
      if (!database) return undefined;
      return await new Promise<T | undefined>((resolve) => {
        const request = work(database.transaction(STORE, "readwrite").objectStore(STORE));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => resolve(undefined);
      });
    });
    this.#last = done.catch(() => undefined);
    return done.catch(() => undefined);
  }
}

const STORE = "uploads";

function open(name: string): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () =>
        request.result.createObjectStore(STORE, { keyPath: "upload.id" });
      request.onsuccess = () => {
        const database = request.result;
        // Log-out deletes it.
        database.onversionchange = () => database.close();
        resolve(database);
      };
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}
