import { ImageOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import { looks } from "./looks";
import { Placeholder } from "./Placeholder";

/** A photo in its place: near black until it is there, then it fades in over its placeholder, and
 * nothing moves. */
export function PhotoFrame({
  src,
  srcSet,
  sizes,
  alt,
  width,
  height,
  placeholder,
  eager = false,
  fit = "cover",
  ratio,
  children,
  className,
}: {
  src: string | null;
  srcSet?: string | undefined;
  sizes?: string | undefined;
  /** What it shows; "" where the words stand beside it. */
  alt: string;
  width?: number | undefined;
  height?: number | undefined;
  placeholder?: string | null | undefined;
  /** It is what the page is about, so it is loaded first. */
  eager?: boolean;
  fit?: "cover" | "contain";
  /** Of the frame; the photo's own without it. */
  ratio?: "3/2" | "4/3";
  /** What lies over the photo. */
  children?: ReactNode;
  className?: string;
}) {
  const [shown, setShown] = useState<"waiting" | "there" | "broken">("waiting");
  const frame = ratio === "3/2" ? "aspect-3/2" : ratio === "4/3" ? "aspect-4/3" : "";
  const own = ratio || !width || !height ? {} : { style: { aspectRatio: `${width} / ${height}` } };
  return (
    <span
      {...own}
      className={looks("relative block overflow-hidden bg-photo text-on-photo", frame, className)}
    >
      {placeholder && <Placeholder hash={placeholder} />}
      {src && shown !== "broken" && (
        <img
          src={src}
          srcSet={srcSet}
          sizes={sizes}
          alt={alt}
          width={width}
          height={height}
          loading={eager ? "eager" : "lazy"}
          fetchPriority={eager ? "high" : "auto"}
          decoding="async"
          onLoad={() => setShown("there")}
          onError={() => setShown("broken")}
          className={looks(
            "absolute inset-0 size-full transition-opacity duration-200 ease-out",
            fit === "cover" ? "object-cover" : "object-contain",
            shown === "waiting" && "opacity-0",
          )}
        />
      )}
      {shown === "broken" && (
        <span role="img" aria-label={alt} className="absolute inset-0 grid place-items-center">
          <ImageOff aria-hidden className="size-6 opacity-50" />
        </span>
      )}
      {children}
    </span>
  );
}
