import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contrast, DARK, LIGHT, luminance, readColor, shown, tokensOf } from "./contrast";

type Vector = [primary: string, accent: string, light: string[], dark: string[]];

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");
const vectors = JSON.parse(read("contrast.vectors.json")) as Vector[];

describe("the guard", () => {
  test("shows what tenant-svc shows", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(200);
    for (const [primary, accent, ...expected] of vectors) {
      const { light, dark } = tokensOf({ primary, accent });
      const found = [light, dark].map((each) => [
        each.brand,
        each.on_brand,
        each.brand_text,
        each.brand_ring,
      ]);
      expect(found, `${primary} ${accent}`).toEqual(expected);
    }
  });

  test("makes ten thousand colours legible", () => {
    // Numerical Recipes' generator: the same colours in each run.
    let state = 20261127;
    const color = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return `#${(state >>> 8).toString(16).padStart(6, "0")}`;
    };
    for (let count = 0; count < 10_000; count++) {
      const colors = { primary: color(), accent: color() };
      const tokens = tokensOf(colors);
      for (const [page, theme] of [
        [LIGHT, tokens.light],
        [DARK, tokens.dark],
      ] as const) {
        const least = (of: string) => Math.min(...page.backgrounds.map((on) => contrast(of, on)));
        const isFine =
          contrast(theme.on_brand, theme.brand) >= 4.5 &&
          least(theme.brand_text) >= 4.5 &&
          least(theme.brand_ring) >= 3 &&
          least(theme.brand) >= page.fill;
        if (!isFine) expect.fail(JSON.stringify({ colors, tokens }));
      }
    }
  });

  test("knows the backgrounds of tokens.css", () => {
    const styles = read("../styles/tokens.css");
    for (const [selector, page] of [
      [":root,", LIGHT],
      ["@variant dark-look {", DARK],
    ] as const) {
      const rule = styles.slice(styles.indexOf(`  ${selector}`)).split("}")[0] ?? "";
      const found = ["canvas", "surface", "raised"].map((role) => {
        const [, l, c, h] =
          new RegExp(`--${role}: oklch\\((\\S+) (\\S+) (\\S+)\\)`).exec(rule) ?? [];
        const turn = (Number(h) * Math.PI) / 180;
        return shown(Number(l), Number(c) * Math.cos(turn), Number(c) * Math.sin(turn));
      });
      expect(found).toEqual(page.backgrounds);
    }
  });
});

test("luminance is that of light, not of numbers", () => {
  expect(luminance("#808080")).toBeCloseTo(0.2159, 4);
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});

test.each([
  ["#1F4D3A", "#1f4d3a"],
  ["1f4d3a", "#1f4d3a"],
  [" #f0a ", "#ff00aa"],
  ["green", null],
  ["#12345", null],
  ["", null],
])("%s is read as %s", (text, color) => {
  expect(readColor(text)).toBe(color);
});
