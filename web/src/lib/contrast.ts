/** The contrast guard: which colours are shown for those that a tenant has chosen. tenant-svc decides it
 * when they are published (`tenant_svc/brands/rules.py`, which says why); this is the same for the
 * preview. Both are compared with `contrast.vectors.json`, which `make contract` writes. */

export type Colors = { primary: string; accent: string };
export type Theme = { brand: string; on_brand: string; brand_text: string; brand_ring: string };
export type Tokens = { light: Theme; dark: Theme };

type Vector = readonly [number, number, number];
type Range = { low: number; high: number };
/** The backgrounds of a page (canvas, surface, raised), and the contrast of a fill with them. */
type Page = { backgrounds: readonly string[]; isDark: boolean; fill: number };

const TEXT = 4.5;
const SHAPE = 3;
const PALE = 1.25;
const WHITE = "#ffffff";
const INK = "#1e1a16";
const LIGHTNESS_STEPS = 10;
const CHROMA_STEPS = 12;
const TOLERANCE = 1e-6;

export const LIGHT: Page = {
  backgrounds: ["#fbfaf8", "#ffffff", "#f6f5f3"],
  isDark: false,
  fill: PALE,
};
export const DARK: Page = {
  backgrounds: ["#110f0d", "#1a1816", "#24211f"],
  isDark: true,
  fill: SHAPE,
};

/** What is shown for these colours, both as `#rrggbb`. */
export function tokensOf(colors: Colors): Tokens {
  return { light: theme(colors, LIGHT), dark: theme(colors, DARK) };
}

/** A colour as people write it, as `#rrggbb`; null if it is none. */
export function readColor(text: string): string | null {
  const digits = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text.trim())?.[1]?.toLowerCase();
  if (!digits) return null;
  return `#${digits.length === 6 ? digits : digits.replace(/./g, "$&$&")}`;
}

/** The contrast of two colours as WCAG 2.2 defines it, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [first, second] = [luminance(one), luminance(other)];
  return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
}

export function luminance(color: string): number {
  const [red, green, blue] = linear(color);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function theme({ primary, accent }: Colors, page: Page): Theme {
  const [brand, on_brand] = fill(primary, page);
  return {
    brand,
    on_brand,
    brand_text: moved(primary, against(page, TEXT))[0],
    brand_ring: moved(accent, against(page, SHAPE))[0],
  };
}

function fill(color: string, page: Page): [string, string] {
  const seen = against(page, page.fill);
  const forWhite = { low: seen.low, high: Math.min(seen.high, darker(luminance(WHITE), TEXT)) };
  const forInk = { low: Math.max(seen.low, lighter(luminance(INK), TEXT)), high: seen.high };
  const [underWhite, toWhite] = moved(color, forWhite);
  const [underInk, toInk] = moved(color, forInk);
  return toWhite <= toInk ? [underWhite, WHITE] : [underInk, INK];
}

function against(page: Page, ratio: number): Range {
  const levels = page.backgrounds.map(luminance);
  return page.isDark
    ? { low: lighter(Math.max(...levels), ratio), high: 1 }
    : { low: 0, high: darker(Math.min(...levels), ratio) };
}

const darker = (level: number, ratio: number) => (level + 0.05) / ratio - 0.05;
const lighter = (level: number, ratio: number) => (level + 0.05) * ratio - 0.05;

/** The colour nearest in lightness, and of the same hue, whose luminance is in the range; and how far
 * its lightness is away. */
function moved(color: string, wanted: Range): [string, number] {
  const now = luminance(color);
  if (wanted.low <= now && now <= wanted.high) return [color, 0];
  const [start, a, b] = oklab(color);
  const mustDarken = now > wanted.high;
  let near = start;
  let far = mustDarken ? 0 : 1;
  let found = shown(far, a, b);
  for (let step = 0; step < LIGHTNESS_STEPS; step++) {
    const middle = (near + far) / 2;
    const candidate = shown(middle, a, b);
    const reached = luminance(candidate);
    if (mustDarken ? reached <= wanted.high : reached >= wanted.low) {
      far = middle;
      found = candidate;
    } else {
      near = middle;
    }
  }
  return [found, Math.abs(far - start)];
}

/** The colour of this lightness and hue; where no screen has it, the most colourful one that there is. */
export function shown(lightness: number, a: number, b: number): string {
  let channels = linearOf(lightness, a, b);
  if (!isColor(channels)) {
    let least = 0;
    let most = 1;
    for (let step = 0; step < CHROMA_STEPS; step++) {
      const share = (least + most) / 2;
      if (isColor(linearOf(lightness, share * a, share * b))) least = share;
      else most = share;
    }
    channels = linearOf(lightness, least * a, least * b);
  }
  return `#${channels.map(hexadecimal).join("")}`;
}

function isColor(channels: Vector): boolean {
  return Math.min(...channels) >= -TOLERANCE && Math.max(...channels) <= 1 + TOLERANCE;
}

function hexadecimal(channel: number): string {
  const light = Math.min(Math.max(channel, 0), 1);
  const encoded = light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.floor(255 * encoded + 0.5)
    .toString(16)
    .padStart(2, "0");
}

function linear(color: string): Vector {
  const at = (place: number) => {
    const channel = Number.parseInt(color.slice(place, place + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  };
  return [at(1), at(3), at(5)];
}

function oklab(color: string): Vector {
  const [red, green, blue] = linear(color);
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  ];
}

function linearOf(lightness: number, a: number, b: number): Vector {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
}
