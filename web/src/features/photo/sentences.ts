import { msg } from "@lingui/core/macro";

/** The engine's own sentences, each with itself as its key: what the server sends is looked up among the texts as it
 * is (`said`). No code imports this; the translators' catalogs are made from it. `tests/test_engine_words.py` compares it
 * with the engine. */
export const SENTENCES = [
  msg({
    id: "The photo shows the inside of a room.",
    message: "The photo shows the inside of a room.",
  }),
  msg({
    id: "This does not look like an empty room. Use a photo of an empty living room, bedroom or dining room.",
    message:
      "This does not look like an empty room. Use a photo of an empty living room, bedroom or dining room.",
  }),
  msg({
    id: "This looks like a photo of the outdoors. Use a photo of an empty room, taken inside.",
    message: "This looks like a photo of the outdoors. Use a photo of an empty room, taken inside.",
  }),
  msg({
    id: "This looks like a plan or a drawing. Use a photo of an empty room.",
    message: "This looks like a plan or a drawing. Use a photo of an empty room.",
  }),
  msg({
    id: "There seems to be somebody in the photo. Use a photo of the empty room without people.",
    message:
      "There seems to be somebody in the photo. Use a photo of the empty room without people.",
  }),
  msg({
    id: "This looks like a bathroom, which cannot be furnished. Use a photo of an empty living room, bedroom or dining room.",
    message:
      "This looks like a bathroom, which cannot be furnished. Use a photo of an empty living room, bedroom or dining room.",
  }),
  msg({
    id: "This looks like a kitchen: between its units there is no floor for furniture. Use a photo of an empty living room, bedroom or dining room.",
    message:
      "This looks like a kitchen: between its units there is no floor for furniture. Use a photo of an empty living room, bedroom or dining room.",
  }),
  msg({
    id: "This looks like a corridor, which is too narrow for furniture. Use a photo of an empty living room, bedroom or dining room.",
    message:
      "This looks like a corridor, which is too narrow for furniture. Use a photo of an empty living room, bedroom or dining room.",
  }),
  msg({
    id: "This looks like a staircase. Use a photo of an empty room with a level floor.",
    message: "This looks like a staircase. Use a photo of an empty room with a level floor.",
  }),
  msg({
    id: "There is furniture in the room already. Use a photo of an empty room.",
    message: "There is furniture in the room already. Use a photo of an empty room.",
  }),
  msg({
    id: "The floor is free.",
    message: "The floor is free.",
  }),
  msg({
    id: "There seem to be things on the floor already.",
    message: "There seem to be things on the floor already.",
  }),
  msg({
    id: "There seem to be things on the floor already. Use a photo of an empty room.",
    message: "There seem to be things on the floor already. Use a photo of an empty room.",
  }),
  msg({
    id: "Floor, walls and ceiling were recognised.",
    message: "Floor, walls and ceiling were recognised.",
  }),
  msg({
    id: "The lines of the photo only partly agree on where floor, walls and ceiling meet.",
    message: "The lines of the photo only partly agree on where floor, walls and ceiling meet.",
  }),
  msg({
    id: "No room with floor and walls was recognised. Use a level photo that shows two walls and much of the floor, or mark the corners of the floor yourself.",
    message:
      "No room with floor and walls was recognised. Use a level photo that shows two walls and much of the floor, or mark the corners of the floor yourself.",
  }),
  msg({
    id: "No room with floor and walls was recognised. Use a level photo of an empty room that shows the floor.",
    message:
      "No room with floor and walls was recognised. Use a level photo of an empty room that shows the floor.",
  }),
  msg({
    id: "Floor and walls are found at the same places in lighter, darker, smaller and mirrored versions of the photo.",
    message:
      "Floor and walls are found at the same places in lighter, darker, smaller and mirrored versions of the photo.",
  }),
  msg({
    id: "Floor and walls are found at other places when the photo is made lighter, darker, smaller or mirrored.",
    message:
      "Floor and walls are found at other places when the photo is made lighter, darker, smaller or mirrored.",
  }),
  msg({
    id: "It is not clear in the photo where the floor ends. Use a brighter, level photo that shows two walls and much of the floor, or mark the corners of the floor yourself.",
    message:
      "It is not clear in the photo where the floor ends. Use a brighter, level photo that shows two walls and much of the floor, or mark the corners of the floor yourself.",
  }),
  msg({
    id: "The room is large enough for furniture.",
    message: "The room is large enough for furniture.",
  }),
  msg({
    id: "The room seems to be too narrow or too long for furniture.",
    message: "The room seems to be too narrow or too long for furniture.",
  }),
  msg({
    id: "The room seems to be too narrow for furniture. Use a photo of a room that is at least 2.2 m wide, or mark the corners of the floor yourself.",
    message:
      "The room seems to be too narrow for furniture. Use a photo of a room that is at least 2.2 m wide, or mark the corners of the floor yourself.",
  }),
  msg({
    id: "The room seems to be longer than 15 m or larger than 120 m², so it was probably not recognised well. Use a level photo that shows two walls and much of the floor, or mark the corners of the floor yourself.",
    message:
      "The room seems to be longer than 15 m or larger than 120 m², so it was probably not recognised well. Use a level photo that shows two walls and much of the floor, or mark the corners of the floor yourself.",
  }),
  msg({
    id: "The photo is black and white or in shades of one colour: furniture in colour would look pasted in. Use the original photo in colour.",
    message:
      "The photo is black and white or in shades of one colour: furniture in colour would look pasted in. Use the original photo in colour.",
  }),
  msg({
    id: "There is a frame around the photo. Cut it off, or use the original photo.",
    message: "There is a frame around the photo. Cut it off, or use the original photo.",
  }),
  msg({
    id: "The photo stands between blurred parts, as videos show upright pictures. Cut them off, or use the original photo.",
    message:
      "The photo stands between blurred parts, as videos show upright pictures. Cut them off, or use the original photo.",
  }),
  msg({
    id: "There seems to be somebody or an animal in the photo. Use a photo of the empty room without them.",
    message:
      "There seems to be somebody or an animal in the photo. Use a photo of the empty room without them.",
  }),
  msg({
    id: "Nothing stands in front of the floor.",
    message: "Nothing stands in front of the floor.",
  }),
  msg({
    id: "Something stands in front of the floor: furniture would be painted over it.",
    message: "Something stands in front of the floor: furniture would be painted over it.",
  }),
  msg({
    id: "Something stands in front of the floor, such as a half-wall, a column or a kitchen island. Take the photo from in front of it.",
    message:
      "Something stands in front of the floor, such as a half-wall, a column or a kitchen island. Take the photo from in front of it.",
  }),
  msg({
    id: "The marked corners fit a room with right angles.",
    message: "The marked corners fit a room with right angles.",
  }),
  msg({
    id: "The marked corners do not fit a room with right angles.",
    message: "The marked corners do not fit a room with right angles.",
  }),
  msg({
    id: "The marked corners do not fit a room with right angles. Mark where the walls meet the floor: the two far corners, and a point of each side wall near you.",
    message:
      "The marked corners do not fit a room with right angles. Mark where the walls meet the floor: the two far corners, and a point of each side wall near you.",
  }),
  msg({
    id: "The room was not recognised well enough for furniture to stand right. Use a bright, level photo that shows two walls and much of the floor, or mark the corners of the floor yourself.",
    message:
      "The room was not recognised well enough for furniture to stand right. Use a bright, level photo that shows two walls and much of the floor, or mark the corners of the floor yourself.",
  }),
  msg({
    id: "It is clear how large the room is.",
    message: "It is clear how large the room is.",
  }),
  msg({
    id: "How large the room is could be told only roughly: tell us the height of the ceiling if the furniture looks too large or too small.",
    message:
      "How large the room is could be told only roughly: tell us the height of the ceiling if the furniture looks too large or too small.",
  }),
  msg({
    id: "The photo seems to be upside down: turn it and try again, or mark the floor yourself.",
    message:
      "The photo seems to be upside down: turn it and try again, or mark the floor yourself.",
  }),
  msg({
    id: "The photo seems to lie on its side: turn it upright and try again.",
    message: "The photo seems to lie on its side: turn it upright and try again.",
  }),
  msg({
    id: "The photo has black bars at its edges: without them, the result will be better.",
    message: "The photo has black bars at its edges: without them, the result will be better.",
  }),
  msg({
    id: "The photo is too dark to see the room. Take it by day or with the lights on.",
    message: "The photo is too dark to see the room. Take it by day or with the lights on.",
  }),
  msg({
    id: "The photo shows hardly anything but one colour. Use a photo of the whole room.",
    message: "The photo shows hardly anything but one colour. Use a photo of the whole room.",
  }),
  msg({
    id: "The photo was taken with a fish-eye lens. Use one with straight lines, taken with an ordinary or wide-angle lens.",
    message:
      "The photo was taken with a fish-eye lens. Use one with straight lines, taken with an ordinary or wide-angle lens.",
  }),
  msg({
    id: "The picture has wide bars at its edges, as screenshots and videos do. Cut them off, or use the original photo.",
    message:
      "The picture has wide bars at its edges, as screenshots and videos do. Cut them off, or use the original photo.",
  }),
  msg({
    id: "This looks like a screenshot: at its edges is something that is not of the photo. Use the original photo, or cut off the rest.",
    message:
      "This looks like a screenshot: at its edges is something that is not of the photo. Use the original photo, or cut off the rest.",
  }),
  msg({
    id: "This looks like a photo of a screen or of a printed picture. Use the original photo.",
    message: "This looks like a photo of a screen or of a printed picture. Use the original photo.",
  }),
  msg({
    id: "This looks like several pictures in one. Use each photo on its own.",
    message: "This looks like several pictures in one. Use each photo on its own.",
  }),
  msg({
    id: "The room seems to be narrower than 2.2 m, which leaves no way past the furniture.",
    message: "The room seems to be narrower than 2.2 m, which leaves no way past the furniture.",
  }),
  msg({
    id: "No place was found for the sofa that leaves doors and passages clear. Use a photo that shows more of the floor, or choose another room type.",
    message:
      "No place was found for the sofa that leaves doors and passages clear. Use a photo that shows more of the floor, or choose another room type.",
  }),
  msg({
    id: "No place was found for the bed that leaves doors and passages clear. Use a photo that shows more of the floor, or choose another room type.",
    message:
      "No place was found for the bed that leaves doors and passages clear. Use a photo that shows more of the floor, or choose another room type.",
  }),
  msg({
    id: "No place was found for the dining table that leaves doors and passages clear. Use a photo that shows more of the floor, or choose another room type.",
    message:
      "No place was found for the dining table that leaves doors and passages clear. Use a photo that shows more of the floor, or choose another room type.",
  }),
  msg({
    id: "Floor and walls stand out from each other.",
    message: "Floor and walls stand out from each other.",
  }),
  msg({
    id: "Floor and walls hardly stand out from each other.",
    message: "Floor and walls hardly stand out from each other.",
  }),
  msg({
    id: "No room with floor and walls was recognised.",
    message: "No room with floor and walls was recognised.",
  }),
  msg({
    id: "There is no room for the furniture.",
    message: "There is no room for the furniture.",
  }),
  msg({
    id: "The marked corners fit.",
    message: "The marked corners fit.",
  }),
];
