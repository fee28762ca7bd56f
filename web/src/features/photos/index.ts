import { withTexts } from "@/lib/texts";

export { isUnfinished, type Photo, photoQuery } from "./api";
export { usePhotoMutations } from "./mutations";
export { formsOf } from "./parts/tile";
export { useTrash } from "./useTrash";
export { usePhotoWords } from "./words";

/** What goes on whichever page is shown; loaded when the page is there. */
export const loadPhotosEverywhere = () => withTexts("uploads", () => import("./Everywhere"));
