import { expect, test } from "vitest";
import { headerOf } from "./header";

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const big = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, at) => (value >>> (8 * (bytes - 1 - at))) & 255);
const little = (value: number, bytes: number) => big(value, bytes).reverse();
const box = (name: string, content: number[]) => [
  ...big(content.length + 8, 4),
  ...ascii(name),
  ...content,
];
const of = (...parts: number[][]) => headerOf(Uint8Array.from(parts.flat()));

const preview = [0xff, 0xe1, ...big(40, 2), ...Array(38).fill(0xff)];
const frame = (marker: number, width: number, height: number) => [
  0xff,
  marker,
  ...big(17, 2),
  8,
  ...big(height, 2),
  ...big(width, 2),
  ...Array(10).fill(0),
];
const tables = [0xff, 0xc4, ...big(19, 2), ...Array(17).fill(1)];

test.each([0xc0, 0xc1, 0xc2])("a JPEG of coding %i, behind a preview and tables", (marker) => {
  expect(of([0xff, 0xd8], preview, tables, [0xff], frame(marker, 4000, 3000))).toEqual({
    type: "image/jpeg",
    width: 4000,
    height: 3000,
  });
});

test("a JPEG that is cut before its frame has no size", () => {
  expect(of([0xff, 0xd8], preview)).toEqual({ type: "image/jpeg", width: null, height: null });
});

test("a PNG", () => {
  const header = box("IHDR", [...big(1600, 4), ...big(1067, 4), 8, 2, 0, 0, 0]);
  expect(of([0x89, ...ascii("PNG"), 13, 10, 26, 10], header)).toEqual({
    type: "image/png",
    width: 1600,
    height: 1067,
  });
});

test.each([
  [
    "VP8X",
    [...ascii("VP8X"), ...little(10, 4), 0, 0, 0, 0, ...little(1599, 3), ...little(1066, 3)],
  ],
  [
    "VP8 ",
    [
      ...ascii("VP8 "),
      ...little(99, 4),
      0,
      0,
      0,
      0x9d,
      1,
      0x2a,
      ...little(1600, 2),
      ...little(1067, 2),
    ],
  ],
  [
    "VP8L",
    [...ascii("VP8L"), ...little(99, 4), 0x2f, ...little(1599 + (1066 << 14), 4), 0, 0, 0, 0, 0],
  ],
])("a WebP of the kind %s", (_, chunk) => {
  expect(of(ascii("RIFF"), big(99, 4), ascii("WEBP"), chunk)).toEqual({
    type: "image/webp",
    width: 1600,
    height: 1067,
  });
});

const ispe = (width: number, height: number) =>
  box("ispe", [0, 0, 0, 0, ...big(width, 4), ...big(height, 4)]);

test.each([
  ["heic", "mif1", "image/heic"],
  ["mif1", "heic", "image/heic"],
  ["mif1", "avif", "image/avif"],
  ["avif", "mif1", "image/avif"],
])(
  "boxes of the brands %s and %s are %s, as large as their largest picture",
  (main, other, type) => {
    const start = box("ftyp", [...ascii(main), 0, 0, 0, 0, ...ascii(other)]);
    expect(
      of(start, box("meta", [...ispe(320, 240), ...ispe(4032, 3024), ...ispe(512, 512)])),
    ).toEqual({
      type,
      width: 4032,
      height: 3024,
    });
  },
);

test.each([
  ["a text", ascii("This is not a photo but a text.")],
  ["a film", box("ftyp", [...ascii("isom"), 0, 0, 2, 0, ...ascii("mp42")])],
  ["a PDF", ascii("%PDF-1.7 and so on and so on")],
  ["an empty file", []],
])("%s is no photo", (_, bytes) => {
  expect(of(bytes)).toBeNull();
});

test("whatever the bytes are, it answers", () => {
  const starts = [
    [0xff, 0xd8],
    [0x89, ...ascii("PNG")],
    [...ascii("RIFF"), 0, 0, 0, 0, ...ascii("WEBPVP8 ")],
    [...big(4_000_000_000, 4), ...ascii("ftypavif")],
  ];
  for (const start of starts) {
    for (let length = 0; length < 64; length++) {
      const bytes = [...start, ...Array(64).fill(length * 37)].slice(0, length + 16);
      expect(() => of(bytes)).not.toThrow();
    }
  }
});
