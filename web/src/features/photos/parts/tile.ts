import { looks } from "@/ui/looks";

/** A place in the grid. Tiles outside of the window are not drawn; their size is known. */
export const tileLook = looks(
  "group relative block aspect-3/2 w-full overflow-hidden bg-photo text-left text-on-photo",
  "[content-visibility:auto]",
);

/** The focus lies over the picture, in white on black, whatever the picture is. */
export const tileFocus = looks(
  "outline-none after:pointer-events-none after:absolute after:inset-0 after:z-10",
  "focus-visible:after:border-4 focus-visible:after:border-on-photo focus-visible:after:shadow-[inset_0_0_0_2px_var(--photo)]",
);

export const gridLook = "grid grid-cols-2 gap-0.5 sm:grid-cols-3 lg:grid-cols-4 2xl:grid-cols-6";

/** How wide a tile is, for the browser to choose a picture. */
export const tileSizes =
  "(min-width: 96rem) 17vw, (min-width: 64rem) 25vw, (min-width: 40rem) 33vw, 50vw";

export const chipLook = looks(
  "inline-flex h-6 max-w-full items-center gap-1.5 rounded-full bg-photo/80 px-2.5",
  "text-caption text-on-photo tnum",
);

/** The forms of an image that the server keeps. */
export function formsOf(url: string): { src: string; srcSet: string } {
  return {
    src: `${url}?w=640`,
    srcSet: [320, 640, 1280].map((width) => `${url}?w=${width} ${width}w`).join(", "),
  };
}
