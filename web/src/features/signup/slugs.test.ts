import { expect, test } from "vitest";
import { LONGEST_SLUG, slugOf } from "./slugs";

test.each([
  ["Acme Homes", "acme-homes"],
  ["Müller & Söhne <Büro>", "mueller-soehne-buero"],
  ["Straßenblick", "strassenblick"],
  ["  O’Neill   Estates ", "oneill-estates"],
  ["Ærø Ø", "aeroe-oe"],
  ["Café Élan", "cafe-elan"],
  ["123 Main Street", "main-street"],
  ["日本の家", ""],
  ["בית", ""],
  ["--", ""],
  ["ﬁne ﬂats", "fine-flats"],
])("%j suggests %j", (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});

test("a long name ends at a letter", () => {
  const slug = slugOf(`${"a".repeat(LONGEST_SLUG - 1)} b`);
  expect(slug).toBe("a".repeat(LONGEST_SLUG - 1));
});
