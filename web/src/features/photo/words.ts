import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import type { Photo } from "@/features/photos";
import { wordsFor } from "@/lib/refusals";
import type { DoorFault, FloorFault } from "./layout";

/** Refusals of which a person may know better: the room is there, and they can show where. */
const HELPABLE = new Set(["room_not_found", "cannot_place", "not_a_room", "already_furnished"]);

export function canBeHelped({ failure, original, deleted_at }: Photo): boolean {
  return Boolean(failure && original && !deleted_at && HELPABLE.has(failure.code));
}

/** What the server says is in English, and in more detail than the app knows; other languages have a
 * sentence for each code. */
export function said(words: { code: string; message: string; passed?: boolean }): string {
  return i18n.locale === "en" ? words.message : (known(words) ?? words.message);
}

function known({ code, passed }: { code: string; passed?: boolean }): string | null {
  switch (code) {
    case "room_not_found":
      return t`No room with floor and walls was recognised. Take the photo level, from a corner, with the floor in view.`;
    case "cannot_place":
      return t`There is not enough free floor for the furniture of this kind of room. Try another kind of room, or a photo that shows more of the floor.`;
    case "not_a_room":
      return t`This does not look like the photo of an empty room. Choose one that shows floor and walls.`;
    case "already_furnished":
      return t`There seem to be things on the floor. Choose a photo of the empty room.`;
    case "black_bars":
      return t`The photo has black bars at its edges: without them, the result will be better.`;
    case "sideways":
      return t`The photo seems to lie on its side: turn it upright and try again.`;
    case "first_picture_only":
      return t`The file is an animation: only its first picture was used.`;
    case "usable_picture":
      return passed
        ? t`The picture is sharp and bright enough.`
        : t`The picture is too dark, too blurred or too plain to see a room in it.`;
    case "shows_room":
      return passed
        ? t`The photo shows the inside of a room.`
        : t`The photo does not seem to show an empty living space.`;
    case "is_empty":
      return passed ? t`The floor is free.` : t`There seem to be things on the floor already.`;
    case "room_shape":
      return passed
        ? t`Floor, walls and ceiling were recognised.`
        : t`Floor and walls were recognised only in part.`;
    case "steady":
      return passed
        ? t`Floor and walls are at the same places in lighter, darker and smaller versions of the photo.`
        : t`Floor and walls are found at other places when the photo is made lighter, darker or smaller.`;
    case "room_size":
      return passed
        ? t`The room is large enough for furniture.`
        : t`The room seems to be too narrow or too long for furniture.`;
    case "clear_view":
      return passed
        ? t`Nothing stands in front of the floor.`
        : t`Something stands in front of the floor: furniture would be painted over it.`;
    case "marked_floor":
      return passed
        ? t`The marked corners fit a room with right angles.`
        : t`The marked corners do not fit a room with right angles.`;
    case "known_scale":
      return passed
        ? t`A door or the ceiling tells how large the room is.`
        : t`How large the room is was guessed: no door was recognised, and the height of the ceiling is not known.`;
  }
  return null;
}

export function floorFaultWords(fault: FloorFault): string {
  switch (fault) {
    case "far_outside":
      return t`The far corners belong into the photo: where the floor meets the back wall.`;
    case "sides":
      return t`The left corners belong to the left of the right ones.`;
    case "depth":
      return t`The near corners belong below the far ones.`;
    case "shape":
      return t`The corners cross each other or make a dent: move them until the lines lie on the edges of the floor.`;
    case "small":
      return t`The floor is too small to furnish: mark all of it.`;
  }
}

export function doorFaultWords(fault: DoorFault): string {
  return fault === "leaning"
    ? t`The upper end of the door belongs straight above its foot.`
    : t`The upper end of the door belongs above its foot.`;
}

/** Why nothing became of a wish that would have cost a photo. */
export function wordsOf(error: Error): string {
  return wordsFor(error, {
    quota_exceeded: t`All photos of your plan are used in this period. Nothing was counted.`,
  });
}
