import { t } from "@lingui/core/macro";
import { useLingui } from "@lingui/react";
import { useCatalogWords } from "@/features/catalog";
import { formatPercent } from "@/lib/format";
import type { Photo } from "./api";

/** What a photo is and how it stands, in words. */
export function usePhotoWords() {
  useLingui();
  const { room, style } = useCatalogWords();
  return {
    status: statusOf,
    /** What the picture shows, for those who do not see it. */
    alt: (photo: Photo) => {
      const [kind, look] = [room(photo.room_type), style(photo.style)];
      return photo.status === "staged"
        ? t`${photo.name}: ${kind}, furnished ${look}`
        : t`${photo.name}: ${kind}, empty`;
    },
  };
}

function statusOf(photo: Photo): string {
  switch (photo.status) {
    case "queued":
      return photo.eta_seconds ? t`In line, ${about(photo.eta_seconds)}` : t`In line`;
    case "processing":
      return t`Developing, ${formatPercent(photo.progress)}`;
    case "staged":
      return photo.needs_look ? t`Look at it first` : t`Staged`;
    case "failed":
      return t`Not staged`;
    default:
      return t`Cancelled`;
  }
}

/** "about 40 s": what is estimated is not said to the second. */
function about(seconds: number): string {
  if (seconds < 90) {
    const rounded = Math.max(Math.ceil(seconds / 10) * 10, 10);
    return t`about ${rounded} s`;
  }
  const minutes = Math.round(seconds / 60);
  return t`about ${minutes} min`;
}
