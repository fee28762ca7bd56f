import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type Photo, usePhotoMutations } from "@/features/photos";
import { useIdempotencyKey } from "@/lib/api";
import { formatDate } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";

// How long the trash is kept.
const TRASH_DAYS = 30;

/** What became of the photo where it is not simply staged, what that costs, and what to do. */
export function Outcome({ photo, canWrite }: { photo: Photo; canWrite: boolean }) {
  const { retry, cancel, choose, restore } = usePhotoMutations();
  const { key } = useIdempotencyKey();
  const error = retry.error ?? cancel.error ?? choose.error ?? restore.error;
  const again = canWrite && !photo.deleted_at && (
    <Button
      kind="secondary"
      size="small"
      busy={retry.isPending}
      onClick={() => retry.mutate({ id: photo.id, key })}
    >
      <Trans>Try again</Trans>
    </Button>
  );
  return (
    <>
      {photo.deleted_at && (
        <Notice tone="warn" title={<Trans>This photo is in the trash</Trans>}>
          <InTrash since={photo.deleted_at} />
        </Notice>
      )}
      {photo.status === "failed" && (
        <Notice
          tone="danger"
          title={<Trans>This room could not be furnished</Trans>}
          action={again}
        >
          {photo.failure?.message} <Trans>It does not count.</Trans>
        </Notice>
      )}
      {photo.status === "cancelled" && (
        <Notice title={<Trans>This was cancelled</Trans>} action={again}>
          <Trans>It does not count.</Trans>
        </Notice>
      )}
      {photo.hints.map((hint) => (
        <Notice key={hint.code} title={<Trans>For a better photo</Trans>}>
          {hint.message}
        </Notice>
      ))}
      {error && <Notice tone="danger">{wordsOf(error)}</Notice>}
    </>
  );
}

function InTrash({ since }: { since: string }) {
  const end = formatDate(new Date(new Date(since).getTime() + TRASH_DAYS * 86_400_000));
  return <Trans>It is deleted for good on {end}, unless you restore it.</Trans>;
}

/** Why nothing became of a wish that would have cost a photo. */
export function wordsOf(error: Error): string {
  return wordsFor(error, {
    quota_exceeded: t`All photos of your plan are used in this period. Nothing was counted.`,
  });
}
