import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { Check, CircleAlert, ImageIcon } from "lucide-react";
import { type ReactNode, useState } from "react";
import { usePicture, useUploads } from "@/features/uploads";
import { looks } from "@/ui/looks";
import { PhotoFrame } from "@/ui/PhotoFrame";
import { isUnfinished, type Photo } from "../api";
import { usePhotoWords } from "../words";
import { chipLook, formsOf, tileFocus, tileLook, tileSizes } from "./tile";

/** One photo in the grid: the furnished room, or how far it is. While photos are selected a click
 * selects it, else it opens it. */
export function PhotoTile({
  photo,
  selected,
  onSelect,
  named,
  eager,
}: {
  photo: Photo;
  /** null: nothing is being selected. */
  selected: boolean | null;
  onSelect: (photo: Photo) => void;
  /** Whether the name always stands on it. */
  named: boolean;
  eager: boolean;
}) {
  const words = usePhotoWords();
  const inside = (
    <>
      <Shown photo={photo} alt={words.alt(photo)} eager={eager} />
      {photo.status === "staged" ? (
        <Name shown={named}>{photo.name}</Name>
      ) : (
        <State photo={photo}>{words.status(photo)}</State>
      )}
    </>
  );
  if (selected !== null) {
    return (
      <button
        type="button"
        data-tile
        aria-pressed={selected}
        onClick={() => onSelect(photo)}
        className={looks(tileLook, tileFocus)}
      >
        {inside}
        <Mark checked={selected} />
      </button>
    );
  }
  return (
    <Link
      to="/photos/$projectId"
      params={{ projectId: photo.id }}
      data-tile
      data-photo={photo.id}
      className={looks(tileLook, tileFocus)}
    >
      {inside}
    </Link>
  );
}

function Shown({ photo, alt, eager }: { photo: Photo; alt: string; eager: boolean }) {
  const { uploads } = useUploads();
  const upload = uploads.find(({ stage }) => "project" in stage && stage.project?.id === photo.id);
  const local = usePicture(upload?.id);
  // A photo that becomes finished while somebody looks is shown from before to after, once.
  const [unfinished] = useState(isUnfinished(photo));
  const arrives = unfinished && photo.status === "staged";
  const { original, staged } = photo;
  const image = staged ?? original;
  const before = arrives || !staged;
  const base = before ? (original ?? image) : image;
  const forms = base ? formsOf(base.url) : local ? { src: local, srcSet: undefined } : null;
  return (
    <PhotoFrame
      key={base?.id ?? "local"}
      src={local && before ? local : (forms?.src ?? null)}
      srcSet={local && before ? undefined : forms?.srcSet}
      sizes={tileSizes}
      alt={alt}
      placeholder={base?.placeholder}
      eager={eager}
      className={looks(
        "size-full transition-opacity duration-200",
        photo.status === "failed" || photo.status === "cancelled" ? "opacity-50" : "",
      )}
    >
      {!forms && (
        <span className="absolute inset-0 grid place-items-center opacity-40">
          <ImageIcon aria-hidden className="size-7" strokeWidth={1.25} />
        </span>
      )}
      {arrives && staged && <Arrival url={staged.url} />}
    </PhotoFrame>
  );
}

/** The furnished room, over the empty one as soon as it is loaded. */
function Arrival({ url }: { url: string }) {
  const [loaded, setLoaded] = useState(false);
  return (
    <img
      {...formsOf(url)}
      sizes={tileSizes}
      alt=""
      onLoad={() => setLoaded(true)}
      className={looks(
        "absolute inset-0 size-full object-cover",
        loaded ? "animate-wipe" : "opacity-0",
      )}
    />
  );
}

function State({ photo, children }: { photo: Photo; children: ReactNode }) {
  return (
    <>
      <span className="absolute inset-x-2 bottom-2 flex">
        <span className={chipLook}>
          {photo.status === "failed" && <CircleAlert aria-hidden className="size-3.5 shrink-0" />}
          <span className="truncate">{children}</span>
        </span>
      </span>
      {photo.status === "processing" && <Bar part={photo.progress} />}
    </>
  );
}

/** How far it is, at the lower edge. */
export function Bar({ part }: { part: number }) {
  return (
    <span aria-hidden className="absolute inset-x-0 bottom-0 h-0.5 bg-on-photo/25">
      <span
        className="block h-full origin-left bg-on-photo transition-transform duration-200 ease-out"
        style={{ transform: `scaleX(${part})` }}
      />
    </span>
  );
}

function Name({ shown, children }: { shown: boolean; children: ReactNode }) {
  return (
    <span
      className={looks(
        "absolute inset-x-2 bottom-2 flex transition-opacity duration-120",
        !shown && "opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100",
      )}
    >
      <span className={chipLook}>
        <span className="truncate">{children}</span>
      </span>
    </span>
  );
}

function Mark({ checked }: { checked: boolean }) {
  const { t } = useLingui();
  return (
    <>
      <span
        aria-hidden
        className={looks(
          "absolute top-2 left-2 grid size-6 place-items-center rounded-full border-2 border-on-photo",
          checked ? "bg-on-photo text-photo" : "bg-photo/40 text-transparent",
        )}
      >
        <Check className="size-4" strokeWidth={3} />
      </span>
      {checked && <span aria-hidden className="absolute inset-0 border-4 border-on-photo" />}
      <span className="sr-only">{checked ? t`Selected` : <Trans>Not selected</Trans>}</span>
    </>
  );
}
