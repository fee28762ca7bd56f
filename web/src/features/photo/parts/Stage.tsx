import { Trans } from "@lingui/react/macro";
import { formsOf, isUnfinished, type Photo, usePhotoWords } from "@/features/photos";
import { Compare } from "@/ui/Compare";
import { PhotoFrame } from "@/ui/PhotoFrame";

const SIZES = "(min-width: 72rem) 72rem, 100vw";

/** The room, as large as the window allows: before and after, or the empty one while it develops. */
export function Stage({ photo }: { photo: Photo }) {
  const words = usePhotoWords();
  const { original, staged } = photo;
  const shape = staged ?? original;
  const side = (image: NonNullable<typeof shape>, alt: string) => (
    <PhotoFrame
      {...formsOf(image.url)}
      sizes={SIZES}
      alt={alt}
      placeholder={image.placeholder}
      width={image.width}
      height={image.height}
      eager
    />
  );
  // As wide as the window, but not higher than most of it: its width follows from that.
  const size = shape && { maxWidth: `calc(72dvh * ${shape.width / shape.height})` };
  if (photo.status === "staged" && original && staged) {
    return (
      <div className="mx-auto" {...(size && { style: size })}>
        <Compare start={50} before={side(original, "")} after={side(staged, words.alt(photo))} />
      </div>
    );
  }
  if (!shape) {
    return (
      <div className="grid aspect-3/2 max-h-[72dvh] w-full place-items-center text-caption opacity-70">
        {isUnfinished(photo) ? (
          <Trans>The picture is on its way.</Trans>
        ) : (
          <Trans>There is no picture to show.</Trans>
        )}
      </div>
    );
  }
  return (
    <div className="relative mx-auto" {...(size && { style: size })}>
      {side(shape, words.alt(photo))}
      {isUnfinished(photo) && <Developing photo={photo} text={words.status(photo)} />}
    </div>
  );
}

function Developing({ photo, text }: { photo: Photo; text: string }) {
  return (
    <div className="absolute inset-x-0 bottom-0 grid gap-2 bg-photo/60 p-4 text-on-photo">
      <span className="tnum text-caption">{text}</span>
      <span aria-hidden className="h-1 overflow-hidden rounded-full bg-on-photo/25">
        <span
          className="block h-full origin-left bg-on-photo transition-transform duration-200 ease-out"
          style={{ transform: `scaleX(${photo.progress})` }}
        />
      </span>
    </div>
  );
}
