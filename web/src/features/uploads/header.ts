/** What a file says of itself at its beginning. */
type Header = { type: string; width: number | null; height: number | null };

/** So much of a file is read: the size of a JPEG may stand behind large profiles and previews. */
const READ = 512 * 1024;

/** The photo's type by its content, whatever its name says, and its size in pixels if it can be told;
 * null if it is no photo that we know. Throws if the file cannot be read. */
export async function readHeader(file: Blob): Promise<Header | null> {
  return headerOf(new Uint8Array(await file.slice(0, READ).arrayBuffer()));
}

export function headerOf(bytes: Uint8Array): Header | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16) return null;
  if (view.getUint16(0) === 0xffd8) return { type: "image/jpeg", ...sizeOfJpeg(view) };
  if (view.getUint32(0) === 0x89504e47) {
    const known = bytes.length >= 24 && text(view, 12) === "IHDR";
    return {
      type: "image/png",
      width: known ? view.getUint32(16) : null,
      height: known ? view.getUint32(20) : null,
    };
  }
  if (text(view, 0) === "RIFF" && text(view, 8) === "WEBP")
    return { type: "image/webp", ...sizeOfWebp(view) };
  if (text(view, 4) === "ftyp") return headerOfBoxes(view);
  return null;
}

type Size = { width: number | null; height: number | null };
const UNKNOWN: Size = { width: null, height: null };

function text(view: DataView, at: number): string {
  if (at + 4 > view.byteLength) return "";
  return String.fromCharCode(...[0, 1, 2, 3].map((each) => view.getUint8(at + each)));
}

function sizeOfJpeg(view: DataView): Size {
  let at = 2;
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return UNKNOWN;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // The frames of all codings, without the tables that have numbers between them.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  return UNKNOWN;
}

function sizeOfWebp(view: DataView): Size {
  if (view.byteLength < 30) return UNKNOWN;
  const low24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (text(view, 12)) {
    case "VP8X":
      return { width: low24(24) + 1, height: low24(27) + 1 };
    case "VP8 ":
      return {
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
      };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    default:
      return UNKNOWN;
  }
}

const HEIC = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"];

/** HEIC and AVIF: boxes in boxes. The largest picture in them is the photo; others are previews. */
function headerOfBoxes(view: DataView): Header | null {
  const end = Math.min(view.getUint32(0), view.byteLength);
  const brands = [text(view, 8)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(text(view, at));
  const type = brands.some((brand) => brand === "avif" || brand === "avis")
    ? "image/avif"
    : brands.some((brand) => HEIC.includes(brand))
      ? "image/heic"
      : null;
  if (!type) return null;
  let size: Size = UNKNOWN;
  for (let at = end; at + 20 <= view.byteLength && at < READ; at++) {
    // "ispe", a version, then width and height.
    if (view.getUint32(at) !== 0x69737065) continue;
    const [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
    if (width * height > (size.width ?? 0) * (size.height ?? 0)) size = { width, height };
  }
  return { type, ...size };
}
