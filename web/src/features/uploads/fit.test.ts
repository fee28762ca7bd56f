import { expect, test } from "vitest";
import { fitOf, objection } from "./fit";

const LIMITS = {
  max_bytes: 26_214_400,
  max_megapixels: 50,
  min_side: 400,
  content_types: ["image/jpeg", "image/heic"],
};
const fine = { type: "image/jpeg", width: 1600, height: 1067, size: 134_867 };

test.each([
  [{}, null],
  [{ type: "image/heic" }, null],
  [{ width: null, height: null }, null],
  [{ size: 26_214_400 }, null],
  [{ size: 26_214_401 }, "upload_too_large"],
  [{ type: "image/png" }, "unsupported_photo_type"],
  [{ width: 10_000, height: 5000 }, null],
  [{ width: 10_000, height: 5001 }, "photo_too_large"],
  [{ width: 399 }, "photo_too_small"],
  [{ width: 400, height: 400 }, null],
  [{ width: 8192, height: 800 }, null],
  [{ width: 8193, height: 800 }, "photo_too_narrow"],
])("a photo with %o", (changes, code) => {
  expect(objection({ ...fine, ...changes }, LIMITS)?.code ?? null).toBe(code);
});

test("a text that is called a photo is not one", async () => {
  const file = new File(["This is a text, whatever it is called."], "room.jpg", {
    type: "image/jpeg",
  });
  expect((await fitOf(file, LIMITS)).refusal?.code).toBe("photo_not_an_image");
});

test("a file that is gone is said to be", async () => {
  const gone = { name: "room.jpg", size: 5, type: "", slice: () => gone, arrayBuffer } as never;
  async function arrayBuffer() {
    throw new DOMException("gone", "NotFoundError");
  }
  expect((await fitOf(gone, LIMITS)).refusal?.code).toBe("file_unreadable");
});

test("the same file has the same print, and another one of the same name has not", async () => {
  const room = (text: string) => new File([text], "room.jpg");
  const [one, same, other] = await Promise.all(
    ["a photo of a room", "a photo of a room", "a photo of a loft"].map((text) =>
      fitOf(room(text), LIMITS),
    ),
  );
  expect(one?.print).toBe(same?.print);
  expect(one?.print).not.toBe(other?.print);
});
