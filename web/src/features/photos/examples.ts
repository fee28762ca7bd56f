import bedroom from "./examples/bedroom.webp";
import living_room from "./examples/living_room.webp";
import loft from "./examples/loft.webp";

/** Rooms to try it with (CC0, made for this project). */
export const examples = { living_room, bedroom, loft };

/** One of them, as if it had been chosen. */
export async function exampleFile(name: keyof typeof examples): Promise<File> {
  const picture = await (await fetch(examples[name])).blob();
  return new File([picture], `${name.replace("_", " ")}.webp`, { type: "image/webp" });
}
