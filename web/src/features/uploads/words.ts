import { plural, t } from "@lingui/core/macro";
import { useLingui } from "@lingui/react";
import { formatBytes, formatDate, formatNumber } from "@/lib/format";
import { readable } from "@/lib/refusals";
import type { Refusal } from "./state";

/** Sentences for refusals of a photo: what happened and what to do. */
export function useRefusalWords(): (refusal: Refusal) => string {
  // The words follow the language.
  useLingui();
  return wordsFor;
}

/** What became of a photo on the server, by the code of its failure; null if there are no words for it. */
export function failureWords(code: string): string | null {
  const words = OF_FILES[code] ?? OF_PHOTOS[code];
  return words ? words({ code, status: 422, detail: "", facts: {} }) : null;
}

function wordsFor(refusal: Refusal): string {
  const { code, detail, requestId } = refusal;
  const words = OF_FILES[code] ?? OF_PHOTOS[code] ?? OF_THE_SERVER[code];
  if (words) return words(refusal);
  if (readable(detail)) return detail;
  return requestId
    ? t`This photo could not be sent. If it happens again, name this number to support: ${requestId}`
    : t`This photo could not be sent. Try it again.`;
}

type Words = Record<string, (refusal: Refusal) => string>;

const number = (refusal: Refusal, fact: string) => Number(refusal.facts[fact] ?? 0);
const megapixels = (refusal: Refusal) =>
  formatNumber(Math.round((number(refusal, "width") * number(refusal, "height")) / 1e6));

const OF_FILES: Words = {
  file_unreadable: () =>
    t`The file cannot be read any more: it was moved, changed or deleted. Choose it again.`,
  photo_not_an_image: () =>
    t`This file is not a photo. Choose a JPEG, PNG, WebP, HEIC or AVIF file.`,
  unsupported_photo_type: () =>
    t`Photos of this kind cannot be staged. Save it as JPEG and choose that file.`,
  upload_too_large: (refusal) => {
    const limit = formatBytes(number(refusal, "limit_bytes"));
    if (!refusal.facts.size) return t`The file is larger than ${limit}. Export it smaller.`;
    const size = formatBytes(number(refusal, "size"));
    return t`The file has ${size}, and ${limit} is the most. Export it smaller.`;
  },
  photo_too_large: (refusal) => {
    const limit = formatNumber(Math.round(number(refusal, "limit_pixels") / 1e6));
    if (!refusal.facts.width || !refusal.facts.limit_pixels)
      return t`The photo has more pixels than can be staged. Export it smaller.`;
    const all = megapixels(refusal);
    return t`The photo has ${all} megapixels, and ${limit} is the most. Export it smaller.`;
  },
  photo_too_small: (refusal) => {
    const least = formatNumber(number(refusal, "minimum_pixels") || 400);
    return t`The photo is too small: each side needs ${least} pixels. Choose the original.`;
  },
  photo_too_narrow: () => t`The photo is too long for its width. Crop it and choose it again.`,
  upload_mismatch: () => t`The file changed while it was sent. Choose it again.`,
};

const OF_PHOTOS: Words = {
  photo_truncated: () =>
    t`The file is damaged: a part of the picture is missing. Choose another copy.`,
  photo_damaged: () => t`The file is damaged and cannot be opened. Choose another copy.`,
  photo_undecodable: () =>
    t`The photo takes too long to open. Save it as JPEG and choose that file.`,
  photo_crashed: () => t`The photo could not be opened. Save it as JPEG and choose that file.`,
  photo_missing: () => t`The photo did not arrive. Add it again.`,
  not_a_room: () =>
    t`We found no room in this photo. Take one from a corner, with the floor in view.`,
  room_not_found: () =>
    t`We could not see where the floor and the walls are. Take the photo from further back.`,
  already_furnished: () => t`There is furniture in this room already. Choose a photo of it empty.`,
  cannot_place: () =>
    t`The furniture does not fit into this view. Try another room type, or a photo with more floor.`,
  unsupported_room_type: () => t`This kind of room cannot be staged here. Choose another one.`,
  unsupported_style: () => t`This style cannot be staged here. Choose another one.`,
  staging_interrupted: () => t`Something failed on our side, and it did not count. Try it again.`,
  engine_crashed: () => t`Something failed on our side, and it did not count. Try it again.`,
  engine_timed_out: () => t`Staging took too long, and it did not count. Try it again.`,
  engine_out_of_memory: () => t`Something failed on our side, and it did not count. Try it again.`,
};

const OF_THE_SERVER: Words = {
  network: () => t`The connection broke several times. The photo is safe here; try it again.`,
  permission_denied: () =>
    t`Your role may look at photos but not stage any. Ask an owner or admin.`,
  tenant_suspended: () => t`This workspace is suspended, so nothing can be staged.`,
  unknown_room_type: () => t`This room type is no longer offered. Choose another one.`,
  unknown_style: () => t`This style is no longer offered. Choose another one.`,
  tenant_provisioning: () => t`Your workspace is still being made. Photos go on by themselves.`,
  too_many_open_uploads: () =>
    t`Many photos are on their way already. The others follow by themselves.`,
  storage_unavailable: () => t`Photos cannot be stored right now. They go on by themselves.`,
  region_unavailable: () => t`Photos cannot be stored right now. They go on by themselves.`,
  quota_unavailable: () => t`Your plan cannot be checked right now. Photos go on by themselves.`,
};

/** Why the queue stands still: the plan has nothing left. */
export function useQuotaWords(): (refusal: Refusal, waiting: number) => string {
  useLingui();
  return (refusal, waiting) => {
    const limit = formatNumber(number(refusal, "limit"));
    const wait = plural(waiting, { one: "# photo waits here", other: "# photos wait here" });
    if (refusal.facts.meter === "storage_bytes") {
      const space = formatBytes(number(refusal, "limit"));
      return t`The ${space} of your plan are full. ${wait}; delete others for good, or change the plan.`;
    }
    const reset = refusal.facts.resets_at;
    if (typeof reset !== "string") return t`The ${limit} photos of your plan are used up. ${wait}.`;
    const day = formatDate(reset);
    return t`The ${limit} photos of your plan are used up until ${day}. ${wait}.`;
  };
}
