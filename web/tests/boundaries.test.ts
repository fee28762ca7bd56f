import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, test } from "vitest";

const SOURCES = join(import.meta.dirname, "../src");
// Each knows those before it.
const LAYERS = ["styles", "lib", "ui", "features", "app", "entries"];
// `ui` is looks: of `lib` it may know nothing but how figures are written, and what mistakes are called.
const KNOWN_TO_UI = ["lib/faults", "lib/format"];

type Import = { from: string; to: string };

function sources(): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => path.replaceAll("\\", "/"));
}

function imports(path: string): Import[] {
  const text = readFileSync(join(SOURCES, path), "utf8");
  const found = text.matchAll(/(?:from|import)\s*\(?\s*"((?:@\/|\.\.?\/)[^"]+)"/g);
  return [...found].map(([, name = ""]) => {
    const to = name.startsWith("@/") ? name.slice(2) : relative(".", join(dirname(path), name));
    return { from: path, to: normalize(to).replaceAll("\\", "/") };
  });
}

const layerOf = (path: string) => path.split("/")[0] ?? "";
const featureOf = (path: string) => (layerOf(path) === "features" ? path.split("/")[1] : undefined);

/** Why one module may not import the other; null if it may. */
function objection({ from, to }: Import): string | null {
  const [above, below] = [LAYERS.indexOf(layerOf(from)), LAYERS.indexOf(layerOf(to))];
  if (above < 0 || below < 0) return null;
  if (below > above) return `${from} imports ${to}, which is above it`;
  if (layerOf(from) === "ui" && layerOf(to) === "lib" && !KNOWN_TO_UI.includes(to))
    return `${from} imports ${to}: what ui shows comes through its props`;
  const [mine, other] = [featureOf(from), featureOf(to)];
  if (!other || mine === other) return null;
  const door = to === `features/${other}`;
  // The lists of routes are what `app` is for.
  if (!mine && to === `features/${other}/routes`) return null;
  return door ? null : `${from} imports ${to}: the door is features/${other}/index.ts`;
}

describe("who imports whom", () => {
  test("everybody knows only what is below, and a feature only another's door", () => {
    const all = sources().flatMap(imports);
    expect(all.length).toBeGreaterThan(100);
    expect(all.map(objection).filter(Boolean)).toEqual([]);
  });

  test("every page brings its texts", () => {
    const bare = sources().filter((path) =>
      readFileSync(join(SOURCES, path), "utf8").includes("lazyRouteComponent("),
    );
    expect(bare.map(layerOf)).toEqual(["app"]);
  });

  test.each([
    ["lib/queries.ts", "ui/Button"],
    ["ui/Button.tsx", "lib/api"],
    ["ui/Button.tsx", "features/session"],
    ["features/usage/api.ts", "app/router"],
    ["features/usage/api.ts", "features/photos/api"],
    ["app/shell/Workspace.tsx", "features/session/api"],
    ["app/router.ts", "entries/tenant"],
  ])("%s may not import %s", (from, to) => {
    expect(objection({ from, to })).not.toBeNull();
  });

  test.each([
    ["features/usage/api.ts", "features/photos"],
    ["features/usage/UsagePage.tsx", "features/usage/api"],
    ["app/routes.tenant.ts", "features/usage/routes"],
    ["ui/Meter.tsx", "lib/format"],
  ])("%s may import %s", (from, to) => {
    expect(objection({ from, to })).toBeNull();
  });
});

test("a password is typed into the one field for it", () => {
  const texts = sources().map((path) => [path, readFileSync(join(SOURCES, path), "utf8")] as const);
  const others = texts.filter(([path, text]) => {
    const isOther = path !== "ui/PasswordField.tsx" && /type=\{?["'`]password/.test(text);
    // Whoever pastes, or has a program that does, has the better passwords.
    return isOther || /onPaste|addEventListener\("paste"/.test(text);
  });
  expect(others.map(([path]) => path)).toEqual([]);
  const fields = texts.flatMap(([, text]) => text.match(/<PasswordField\b.*?\/>/gs) ?? []);
  expect(fields.length).toBeGreaterThan(5);
  // The secret of a client is nobody's password.
  const known = /autoComplete="(current-password|new-password|off)"/;
  expect(fields.filter((field) => !known.test(field))).toEqual([]);
});
