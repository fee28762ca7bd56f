import type { Upload } from "./state";

/** Larger files are not copied; after a reload the person chooses them again. */
const LARGEST_COPY = 10_000_000;

type Kept = { upload: Upload; owner: string };
/** An upload that another page has left, with its file if there is a copy. */
export type Left = { upload: Upload; file: Blob | null };

const UPLOADS = "uploads";
// By themselves, because they are written once, and what becomes of an upload must not wait for them.
const FILES = "files";

/** What of the queue outlives a reload of the page: in the browser's database of one person, so nobody
 * else on this browser is shown it. Without the database (private windows) nothing outlives it. */
export class Shelf {
  readonly #owner: string;
  readonly #opening: Promise<IDBDatabase | null>;
  #database: IDBDatabase | null = null;
  /** What is to be written; null: to be deleted. */
  readonly #uploads = new Map<string, Kept | null>();
  readonly #files = new Map<string, Blob | null>();
  /** Ids whose file is there already. */
  readonly #filed = new Set<string>();

  constructor(person: string, owner: string) {
    this.#owner = owner;
    this.#opening = open(`stagify:uploads:${person}`).then((database) => {
      this.#database = database;
      this.#write();
      return database;
    });
  }

  keep(upload: Upload, file: Blob | undefined): void {
    const { id } = upload;
    if (file && file.size <= LARGEST_COPY && !this.#filed.has(id)) {
      this.#filed.add(id);
      this.#files.set(id, file);
    }
    this.#change(id, { upload, owner: this.#owner });
  }

  forget(id: string): void {
    this.#filed.delete(id);
    this.#files.set(id, null);
    this.#change(id, null);
  }

  /** The pages that something here belongs to, this one left out. */
  async owners(): Promise<string[]> {
    const all = await this.#read((uploads) => uploads.getAll() as IDBRequest<Kept[]>);
    return [...new Set(all?.map(({ owner }) => owner))].filter((owner) => owner !== this.#owner);
  }

  /** What a page has left that is not open any more; from now on it belongs to this one. */
  async adopt(from: string): Promise<Left[]> {
    const left: Left[] = [];
    await this.#read((uploads, files) => {
      const all = uploads.getAll() as IDBRequest<Kept[]>;
      all.onsuccess = () => {
        for (const { upload, owner } of all.result) {
          if (owner !== from) continue;
          uploads.put({ upload, owner: this.#owner } satisfies Kept, upload.id);
          const file = files.get(upload.id) as IDBRequest<Blob | undefined>;
          file.onsuccess = () => left.push({ upload, file: file.result ?? null });
        }
      };
      return all;
    });
    for (const { upload, file } of left) if (file) this.#filed.add(upload.id);
    return left;
  }

  async close(): Promise<void> {
    (await this.#opening)?.close();
  }

  #change(id: string, to: Kept | null): void {
    // What changes at once is written at once, and before the page can be left.
    if (this.#uploads.size === 0) queueMicrotask(() => this.#write());
    this.#uploads.set(id, to);
  }

  #write(): void {
    if (!this.#database) return;
    put(this.#database, UPLOADS, this.#uploads);
    put(this.#database, FILES, this.#files);
  }

  /** The result of the request once the whole transaction has ended. */
  async #read<T>(
    work: (uploads: IDBObjectStore, files: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T | undefined> {
    const database = await this.#opening;
    if (!database) return undefined;
    return await new Promise((resolve) => {
      const transaction = database.transaction([UPLOADS, FILES], "readwrite");
      const request = work(transaction.objectStore(UPLOADS), transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => resolve(undefined);
    });
  }
}

function put(database: IDBDatabase, name: string, changes: Map<string, unknown>): void {
  if (changes.size === 0) return;
  try {
    const transaction = database.transaction(name, "readwrite");
    const store = transaction.objectStore(name);
    for (const [id, value] of changes) {
      if (value === null) store.delete(id);
      else store.put(value, id);
    }
    // Else it would end only if the page was still there to see the answers.
    transaction.commit();
  } catch {
    // Log-out has closed it.
  }
  changes.clear();
}

function open(name: string): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        for (const store of [UPLOADS, FILES]) request.result.createObjectStore(store);
      };
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
