import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import type { Photo } from "@/features/photos";
import { failureWords } from "@/features/uploads";
import { wordsFor } from "@/lib/refusals";
import type { DoorFault, FloorFault } from "./layout";

/** Refusals of which a person may know better: the room is there, and they can show where. */
const HELPABLE = new Set(["room_not_found", "cannot_place", "not_a_room", "already_furnished"]);

export function canBeHelped({ failure, original, deleted_at }: Photo): boolean {
  return Boolean(failure && original && !deleted_at && HELPABLE.has(failure.code));
}

/** What the server says, in the language of the page: the engine's sentences are texts of ours as well
 * (`sentences.ts`); for others of a refusal there is a sentence for each code. */
export function said({ code, message }: { code: string; message: string }): string {
  if (i18n.locale === "en") return message;
  if (message in i18n.messages) return i18n._(message);
  return known(code) ?? failureWords(code) ?? t`This photo could not be furnished.`;
}

function known(code: string): string | null {
  switch (code) {
    case "room_not_found":
      return t`No room with floor and walls was recognised. Take the photo level, from a corner, with the floor in view.`;
    case "cannot_place":
      return t`There is not enough free floor for the furniture of this kind of room. Try another kind of room, or a photo that shows more of the floor.`;
    case "not_a_room":
      return t`This does not look like the photo of an empty room. Choose one that shows floor and walls.`;
    case "already_furnished":
      return t`There seem to be things on the floor. Choose a photo of the empty room.`;
    case "first_picture_only":
      return t`The file is an animation: only its first picture was used.`;
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
