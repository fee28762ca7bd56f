import { useEffect, useRef } from "react";
import { thumbHashToRGBA } from "thumbhash";

/** The blurred look of a photo from its thumbhash, until the photo is there. It is drawn, because the
 * page's policy allows no pictures in addresses. */
export function Placeholder({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pixels = pixelsOf(hash);
    if (!pixels || !canvas.current) return;
    canvas.current.width = pixels.w;
    canvas.current.height = pixels.h;
    const image = new ImageData(new Uint8ClampedArray(pixels.rgba), pixels.w, pixels.h);
    canvas.current.getContext("2d")?.putImageData(image, 0, 0);
  }, [hash]);
  return <canvas ref={canvas} aria-hidden className="absolute inset-0 size-full object-cover" />;
}

function pixelsOf(hash: string) {
  try {
    return thumbHashToRGBA(Uint8Array.from(atob(hash), (c) => c.charCodeAt(0)));
  } catch {
    return null;
  }
}
