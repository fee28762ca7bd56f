// What Unicode's decomposition does not spell out.
const SPELT: Record<string, string> = {
  ä: "ae",
  ö: "oe",
  ü: "ue",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "oe",
  å: "aa",
  đ: "d",
  ł: "l",
  "&": "-",
};

export const LONGEST_SLUG = 40;

/** The address that a name suggests: "Müller & Söhne" is "mueller-soehne". It may be empty, as for a name
 * in another script; then the person chooses. The server has the last word. */
export function slugOf(name: string): string {
  return [...name.normalize("NFC").toLowerCase()]
    .map((letter) => SPELT[letter] ?? letter)
    .join("")
    .normalize("NFKD")
    .replace(/[\u0300-\u036f'’]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, LONGEST_SLUG)
    .replace(/-+$/, "");
}
