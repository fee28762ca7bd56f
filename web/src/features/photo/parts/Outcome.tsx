import { Trans } from "@lingui/react/macro";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { type Photo, usePhotoMutations } from "@/features/photos";
import { useIdempotencyKey } from "@/lib/api";
import { formatDate } from "@/lib/format";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { canBeHelped, said, wordsOf } from "../words";
import { Checks } from "./Checks";

const FloorEditor = lazy(async () => ({ default: (await import("./FloorEditor")).FloorEditor }));

// How long the trash is kept.
const TRASH_DAYS = 30;

/** What became of the photo where it is not simply staged, what that costs, and what to do. */
export function Outcome({ photo, canWrite }: { photo: Photo; canWrite: boolean }) {
  const { retry } = usePhotoMutations();
  const [isMarking, setMarking] = useState(false);
  const { key, renew } = useIdempotencyKey();
  const { error } = retry;
  const again = canWrite && !photo.deleted_at && (
    <Button
      kind="secondary"
      size="small"
      busy={retry.isPending}
      onClick={() => retry.mutate({ id: photo.id, key }, { onSuccess: renew })}
    >
      <Trans>Try again</Trans>
    </Button>
  );
  const mark = (kind: "primary" | "secondary", label: ReactNode) => (
    <Button kind={kind} size="small" onClick={() => setMarking(true)}>
      {label}
    </Button>
  );
  const isHelp = canWrite && canBeHelped(photo);
  const failed = photo.checks.filter(({ passed }) => !passed);
  const reason = photo.failure && said(photo.failure);
  // What decided has often been said as the reason.
  const seen = photo.checks.filter((check) => said(check) !== reason);
  return (
    <>
      {photo.needs_look && (
        <Notice
          tone="warn"
          title={<Trans>Look at this one before you publish it</Trans>}
          action={canWrite && !photo.deleted_at && mark("secondary", <Trans>Mark the floor</Trans>)}
        >
          <div className="grid gap-2">
            <p>
              <Trans>
                We are less sure of this room than of most. Does everything stand on the floor, in
                the right size, with doors and windows free?
              </Trans>
            </p>
            {failed.length > 0 && <Checks checks={failed} />}
          </div>
        </Notice>
      )}
      {photo.deleted_at && (
        <Notice tone="warn" title={<Trans>This photo is in the trash</Trans>}>
          <InTrash since={photo.deleted_at} />
        </Notice>
      )}
      {photo.status === "failed" && (
        <Notice
          tone="danger"
          title={<Trans>This room could not be furnished</Trans>}
          action={!isHelp && again}
        >
          <div className="grid gap-3">
            <p>
              {reason} <Trans>It does not count.</Trans>
            </p>
            {isHelp && (
              <>
                <p>
                  <Trans>
                    If this is an empty room, show us where its floor is: then it is tried once more
                    with your help. Nothing has to be uploaded again.
                  </Trans>
                </p>
                <div>{mark("primary", <Trans>Help us: mark the floor</Trans>)}</div>
              </>
            )}
            {seen.length > 0 && (
              <div className="grid gap-1.5">
                <h2 className="font-medium text-ink">
                  <Trans>What we saw</Trans>
                </h2>
                <Checks checks={seen} />
              </div>
            )}
          </div>
        </Notice>
      )}
      {photo.status === "cancelled" && (
        <Notice title={<Trans>This was cancelled</Trans>} action={again}>
          <Trans>It does not count.</Trans>
        </Notice>
      )}
      {photo.hints.map((hint) => (
        <Notice key={hint.code} title={<Trans>For a better photo</Trans>}>
          {said(hint)}
        </Notice>
      ))}
      {error && <Notice tone="danger">{wordsOf(error)}</Notice>}
      {isMarking && (
        <Suspense>
          <FloorEditor photo={photo} onClose={() => setMarking(false)} />
        </Suspense>
      )}
    </>
  );
}

function InTrash({ since }: { since: string }) {
  const end = formatDate(new Date(new Date(since).getTime() + TRASH_DAYS * 86_400_000));
  return <Trans>It is deleted for good on {end}, unless you restore it.</Trans>;
}
