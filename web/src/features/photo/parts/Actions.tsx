import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, Trash2 } from "lucide-react";
import { isUnfinished, type Photo, usePhotoMutations, useTrash } from "@/features/photos";
import { Button } from "@/ui/Button";
import { variationsQuery } from "../api";

/** What can be done with the photo as it is now: the one thing that is likely comes first. */
export function Actions({ photo }: { photo: Photo }) {
  const navigate = useNavigate();
  const { choose, cancel, restore } = usePhotoMutations();
  const { toTrash } = useTrash();
  const { data: variations } = useQuery(variationsQuery(photo.photo_id));
  // With one look alone there is nothing to choose.
  const isChoice = (variations?.length ?? 1) > 1 && photo.status === "staged";
  if (photo.deleted_at) {
    return (
      <Button busy={restore.isPending} onClick={() => restore.mutate([photo.id])}>
        <Trans>Restore</Trans>
      </Button>
    );
  }
  return (
    <div className="flex flex-wrap gap-3">
      {isChoice && !photo.is_final && (
        <Button busy={choose.isPending} onClick={() => choose.mutate(photo.id)}>
          <Trans>Use this one</Trans>
        </Button>
      )}
      {isChoice && photo.is_final && (
        <span className="inline-flex h-control items-center gap-2 px-2 text-success">
          <Check aria-hidden className="size-4.5" />
          <Trans>This is the one</Trans>
        </span>
      )}
      {isUnfinished(photo) && (
        <Button kind="secondary" busy={cancel.isPending} onClick={() => cancel.mutate(photo.id)}>
          <Trans>Cancel</Trans>
        </Button>
      )}
      <Button
        kind="secondary"
        onClick={() => {
          toTrash([photo.id]);
          void navigate({ to: "/" });
        }}
      >
        <Trash2 aria-hidden className="size-4.5" />
        <Trans>Delete</Trans>
      </Button>
    </div>
  );
}
