import { Trans, useLingui } from "@lingui/react/macro";
import { ChevronDown, CircleAlert, ImageIcon, Plus, X } from "lucide-react";
import { type Catalog, useCatalogWords } from "@/features/catalog";
import { queue, type Upload, usePicture, useRefusalWords } from "@/features/uploads";
import { IconButton } from "@/ui/Button";
import { looks } from "@/ui/looks";
import { Typed } from "@/ui/Typed";
import { AddPhotos } from "./AddPhotos";

/** The photos in the sheet: each with its room, and those that cannot be staged with the reason. */
export function ChosenPhotos({ photos, catalog }: { photos: readonly Upload[]; catalog: Catalog }) {
  const fit = photos.filter(({ stage }) => stage.is === "chosen");
  const unfit = photos.filter(({ stage }) => stage.is === "unfit");
  const alone = fit.length === 1;
  return (
    <div className="grid min-w-0 content-start gap-4">
      {unfit.length > 0 && (
        <ul className="grid gap-2">
          {unfit.map((photo) => (
            <Unfit key={photo.id} photo={photo} />
          ))}
        </ul>
      )}
      <ul
        className={looks(
          "gap-3",
          alone
            ? "grid"
            : "-mx-6 flex snap-x scroll-px-6 overflow-x-auto px-6 pb-2 sm:mx-0 sm:grid sm:grid-cols-2 sm:overflow-visible sm:p-0 lg:grid-cols-3",
        )}
      >
        {fit.map((photo) => (
          <Chosen key={photo.id} photo={photo} catalog={catalog} alone={alone} />
        ))}
      </ul>
      <div>
        <AddPhotos kind="quiet" className="-ml-4">
          <Plus aria-hidden className="size-5" />
          <Trans>More photos</Trans>
        </AddPhotos>
      </div>
    </div>
  );
}

function Chosen({ photo, catalog, alone }: { photo: Upload; catalog: Catalog; alone: boolean }) {
  const { t } = useLingui();
  const words = useCatalogWords();
  const picture = usePicture(photo.id);
  return (
    <li
      className={looks("grid content-start gap-2", !alone && "w-44 shrink-0 snap-start sm:w-auto")}
    >
      <div className="relative overflow-hidden rounded-card bg-photo">
        <div className="aspect-3/2">
          {picture ? (
            <img src={picture} alt={photo.name} className="size-full object-cover" />
          ) : (
            <span className="grid size-full place-content-center justify-items-center gap-2 p-3 text-center text-caption text-on-photo/80">
              <ImageIcon aria-hidden className="size-7" strokeWidth={1.25} />
              <span className="line-clamp-2 break-all">{photo.name}</span>
            </span>
          )}
        </div>
        <IconButton
          label={t`Leave out ${photo.name}`}
          size="small"
          onClick={() => queue.dispatch({ is: "removed", ids: [photo.id] })}
          className="absolute! top-2 right-2 size-8! rounded-full! bg-photo/75! text-on-photo! after:absolute after:-inset-2 hover:bg-photo!"
        >
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
      {!alone && (
        <label className="relative block">
          <span className="sr-only">
            <Trans>
              Room of <Typed text={photo.name} />
            </Trans>
          </span>
          <select
            value={photo.choice.room_type}
            onChange={({ target }) =>
              queue.dispatch({
                is: "chose",
                ids: [photo.id],
                choice: { room_type: target.value },
              })
            }
            className="h-control w-full appearance-none truncate rounded-input border border-transparent bg-raised pr-9 pl-3 text-ink"
          >
            {catalog.room_types.map(({ key }) => (
              <option key={key} value={key}>
                {words.room(key)}
              </option>
            ))}
          </select>
          <ChevronDown
            aria-hidden
            className="pointer-events-none absolute inset-y-0 right-2.5 my-auto size-4 text-quiet"
          />
        </label>
      )}
    </li>
  );
}

function Unfit({ photo }: { photo: Upload }) {
  const { t } = useLingui();
  const words = useRefusalWords();
  if (photo.stage.is !== "unfit") return null;
  return (
    <li className="flex gap-3 rounded-card border border-line py-1.5 pr-1.5 pl-4">
      <CircleAlert aria-hidden className="mt-2.5 size-5 shrink-0 text-danger" />
      <div className="min-w-0 flex-1 py-2">
        <p className="break-words font-medium" dir="auto">
          {photo.name}
        </p>
        <p className="text-quiet">{words(photo.stage.refusal)}</p>
      </div>
      <IconButton
        label={t`Leave out ${photo.name}`}
        onClick={() => queue.dispatch({ is: "removed", ids: [photo.id] })}
      >
        <X aria-hidden className="size-4" />
      </IconButton>
    </li>
  );
}
