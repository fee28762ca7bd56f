import { Store } from "@/lib/store";

/** As wide as a tile needs it. */
const WIDTH = 640;
const AT_ONCE = 2;

/** Small pictures of the photos that were chosen here, by the upload's id, until the server has its own.
 * Photos are opened two at a time, because each takes 200 MB while it is open. */
export class Pictures {
  readonly urls = new Store<ReadonlyMap<string, string>>(new Map());
  #waiting: { id: string; file: Blob }[] = [];
  #open = 0;

  make(id: string, file: Blob): void {
    this.#waiting.push({ id, file });
    this.#next();
  }

  drop(id: string): void {
    this.#waiting = this.#waiting.filter((each) => each.id !== id);
    const url = this.urls.get().get(id);
    if (!url) return;
    URL.revokeObjectURL(url);
    const rest = new Map(this.urls.get());
    rest.delete(id);
    this.urls.set(rest);
  }

  clear(): void {
    this.#waiting = [];
    for (const url of this.urls.get().values()) URL.revokeObjectURL(url);
    this.urls.set(new Map());
  }

  #next(): void {
    while (this.#open < AT_ONCE) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#open += 1;
      void small(next.file).then((picture) => {
        this.#open -= 1;
        if (picture)
          this.urls.set(new Map(this.urls.get()).set(next.id, URL.createObjectURL(picture)));
        this.#next();
      });
    }
  }
}

/** null if this browser cannot open it, as most cannot open HEIC. */
async function small(file: Blob): Promise<Blob | null> {
  try {
    const bitmap = await createImageBitmap(file, { resizeWidth: WIDTH, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  } catch {
    return null;
  }
}
