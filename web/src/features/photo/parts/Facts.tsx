import { Trans } from "@lingui/react/macro";
import type { Photo } from "@/features/photos";
import { formatNumber, formatTime } from "@/lib/format";

/** What is known of the photo besides what it shows. */
export function Facts({ photo }: { photo: Photo }) {
  const image = photo.staged ?? photo.original;
  const when = formatTime(photo.created_at);
  return (
    <p className="text-caption text-quiet">
      <Trans>Added {when}</Trans>
      {image && ` · ${formatNumber(image.width)} × ${formatNumber(image.height)}`}
    </p>
  );
}
