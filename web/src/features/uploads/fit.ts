import type { Limits } from "@/features/catalog";
import { readHeader } from "./header";
import type { Refusal } from "./state";

/** What a chosen file is, and why it cannot be staged if that can be told here, before it is sent. */
export type Fit = {
  type: string;
  width: number | null;
  height: number | null;
  print: string;
  refusal: Refusal | null;
};

/** The longest photo is this many times as long as it is wide; the server says the same. */
const LONGEST = 4096;

export async function fitOf(file: File, limits: Limits): Promise<Fit> {
  const nothing = {
    type: file.type,
    width: null,
    height: null,
    print: `${file.name} ${file.size}`,
  };
  try {
    const header = await readHeader(file);
    const print = await printOf(file);
    if (!header) return { ...nothing, print, refusal: refusal("photo_not_an_image") };
    return { ...header, print, refusal: objection({ ...header, size: file.size }, limits) };
  } catch {
    return { ...nothing, refusal: refusal("file_unreadable") };
  }
}

export function objection(
  photo: { type: string; width: number | null; height: number | null; size: number },
  limits: Limits,
): Refusal | null {
  const { type, width, height, size } = photo;
  if (!limits.content_types.includes(type)) return refusal("unsupported_photo_type", { type });
  if (size > limits.max_bytes)
    return refusal("upload_too_large", { size, limit_bytes: limits.max_bytes });
  if (!width || !height) return null;
  if (width * height > limits.max_megapixels * 1e6)
    return refusal("photo_too_large", { width, height, limit_pixels: limits.max_megapixels * 1e6 });
  if (Math.min(width, height) < limits.min_side)
    return refusal("photo_too_small", { width, height, minimum_pixels: limits.min_side });
  if (Math.max(width, height) * limits.min_side > LONGEST * Math.min(width, height))
    return refusal("photo_too_narrow", { width, height });
  return null;
}

function refusal(code: string, facts: Refusal["facts"] = {}): Refusal {
  return { code, status: 422, detail: "", facts };
}

const EDGE = 64 * 1024;

/** The same for the same file: of its name, its size, and what stands at its two ends. */
async function printOf(file: File): Promise<string> {
  const edges = new Blob([file.slice(0, EDGE), file.slice(-EDGE)]);
  const hash = await crypto.subtle.digest("SHA-256", await edges.arrayBuffer());
  const hex = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${file.name} ${file.size} ${hex}`;
}
