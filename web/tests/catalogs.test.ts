import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCES = join(import.meta.dirname, "../src");

function translations(language: string): [file: string, text: string, said: string][] {
  return readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(`/${language}.po`))
    .flatMap((path) => {
      const entries = readFileSync(join(SOURCES, path), "utf8").matchAll(
        /^msgid "(.+)"\nmsgstr "(.*)"$/gm,
      );
      return [...entries].map(
        ([, text = "", said = ""]) => [path, text, said] as [string, string, string],
      );
    });
}

test("a text is said in one way, because the catalogs of all features become one", () => {
  const said = new Map<string, string>();
  const found = translations("de");
  expect(found.length).toBeGreaterThan(500);
  const others = found.filter(([, text, way]) => {
    const first = said.get(text) ?? way;
    said.set(text, first);
    return first !== way;
  });
  expect(others).toEqual([]);
});

test("every text is translated", () => {
  expect(translations("de").filter(([, , way]) => way === "")).toEqual([]);
});
