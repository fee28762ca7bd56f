import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, Heart, Trash2 } from "lucide-react";
import { isUnfinished, type Photo, usePhotoMutations, useTrash } from "@/features/photos";
import { Button, IconButton } from "@/ui/Button";
import { looks } from "@/ui/looks";
import { Notice } from "@/ui/Notice";
import { variationsQuery } from "../api";
import { wordsOf } from "../words";

/** What can be done with the photo as it is now: the one thing that is likely comes first. */
export function Actions({ photo }: { photo: Photo }) {
  const navigate = useNavigate();
  const { t } = useLingui();
  const { choose, favour, cancel, restore } = usePhotoMutations();
  const { toTrash } = useTrash();
  const { data: variations } = useQuery(variationsQuery(photo.photo_id));
  // With one look alone there is nothing to choose.
  const isChoice = (variations?.length ?? 1) > 1 && photo.status === "staged";
  const error = choose.error ?? favour.error ?? cancel.error ?? restore.error;
  const refused = error && <Notice tone="danger">{wordsOf(error)}</Notice>;
  if (photo.deleted_at) {
    return (
      <div className="grid justify-items-start gap-3">
        <Button busy={restore.isPending} onClick={() => restore.mutate([photo.id])}>
          <Trans>Restore</Trans>
        </Button>
        {refused}
      </div>
    );
  }
  // As it will be, until the server agrees.
  const isFavourite = favour.isPending ? favour.variables.is_favourite : photo.is_favourite;
  return (
    <div className="grid gap-3">
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
        <IconButton
          label={t`Favourite`}
          aria-pressed={isFavourite}
          onClick={() => favour.mutate({ id: photo.id, is_favourite: !isFavourite })}
        >
          <Heart
            aria-hidden
            className={looks("size-5", isFavourite && "fill-current text-brand-text")}
          />
        </IconButton>
        <Button
          kind="secondary"
          onClick={() => {
            toTrash([photo.id]);
            void navigate({ to: "/" });
          }}
        >
          <Trash2 aria-hidden className="size-4.5" />
          <span className="max-sm:sr-only">
            <Trans>Delete</Trans>
          </span>
        </Button>
      </div>
      {refused}
    </div>
  );
}
