import { Link } from "@tanstack/react-router";
import { Check, CircleAlert, Heart, ImageIcon } from "lucide-react";
import { memo, type ReactNode, useState } from "react";
import { usePicture } from "@/features/uploads";
import { looks } from "@/ui/looks";
import { PhotoFrame } from "@/ui/PhotoFrame";
import { isUnfinished, type Photo } from "../api";
import { chipLook, formsOf, tileFocus, tileLook, tileSizes } from "./tile";

/** One photo in the grid: the furnished room, or how far it is. While photos are selected a click
 * selects it, else it opens it. There are hundreds of them, so what they need comes as words. */
export const PhotoTile = memo(function PhotoTile({
  photo,
  alt,
  status,
  favourite,
  upload,
  selected,
  onSelect,
  named,
  eager,
}: {
  photo: Photo;
  alt: string;
  status: string;
  /** That it is one, in a word. */
  favourite: string | null;
  /** The upload of this page that it was made of. */
  upload: string | undefined;
  /** null: nothing is being selected. */
  selected: boolean | null;
  onSelect: (id: string) => void;
  /** Whether the name always stands on it. */
  named: boolean;
  eager: boolean;
}) {
  const selecting = selected !== null;
  return (
    <div className={tileLook}>
      <Link
        to="/photos/$projectId"
        params={{ projectId: photo.id }}
        preload={false}
        data-tile={selecting ? undefined : ""}
        data-photo={photo.id}
        inert={selecting}
        className={looks("block size-full", tileFocus)}
      >
        <Shown photo={photo} alt={alt} upload={upload} eager={eager} />
        {favourite && (
          <Heart
            role="img"
            aria-label={favourite}
            className="absolute top-2 right-2 size-5 fill-current drop-shadow-[0_0_2px_var(--photo)]"
          />
        )}
        {photo.status === "staged" && !photo.needs_look ? (
          <Name shown={named}>{photo.name}</Name>
        ) : (
          <State photo={photo}>{status}</State>
        )}
      </Link>
      {selecting && (
        <button
          type="button"
          data-tile=""
          aria-pressed={selected}
          aria-label={alt}
          onClick={() => onSelect(photo.id)}
          className={looks("absolute inset-0 size-full", tileFocus)}
        >
          <Mark checked={selected} />
        </button>
      )}
    </div>
  );
});

function Shown({
  photo,
  alt,
  upload,
  eager,
}: {
  photo: Photo;
  alt: string;
  upload: string | undefined;
  eager: boolean;
}) {
  const local = usePicture(upload);
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
          {(photo.status === "failed" || photo.needs_look) && (
            <CircleAlert aria-hidden className="size-3.5 shrink-0" />
          )}
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
        !shown && "opacity-0 group-hover:opacity-100 group-has-focus-visible:opacity-100",
      )}
    >
      <span className={chipLook}>
        <span className="truncate">{children}</span>
      </span>
    </span>
  );
}

function Mark({ checked }: { checked: boolean }) {
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
    </>
  );
}
