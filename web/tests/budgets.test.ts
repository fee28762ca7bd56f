import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

// `make web` writes it; tests/test_web.py does so before it runs this.
const DIST = join(import.meta.dirname, "../dist");

type Chunk = {
  file: string;
  src?: string;
  isEntry?: boolean;
  isDynamicEntry?: boolean;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
};
type Manifest = Record<string, Chunk>;

const manifest = JSON.parse(readFileSync(join(DIST, "manifest.json"), "utf8")) as Manifest;

/** What a browser loads before a chunk runs: the chunk itself and all that it imports. */
function needed(key: string, found = new Set<string>()): Set<string> {
  if (!found.has(key)) {
    found.add(key);
    for (const each of manifest[key]?.imports ?? []) needed(each, found);
  }
  return found;
}

const gzipped = (file: string) => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length;
const kilobytes = (keys: Iterable<string>) =>
  [...keys].reduce((sum, key) => sum + gzipped(manifest[key]?.file ?? ""), 0) / 1000;

const entries = Object.keys(manifest).filter((key) => manifest[key]?.isEntry);
const pages = Object.keys(manifest).filter(
  (key) => manifest[key]?.isDynamicEntry && /Page\.tsx$|features\/.*\.tsx$/.test(key),
);
/** The pages that an entry leads to, each with the entry: a page's shell is that of its host. */
const visits = entries.flatMap((entry) => {
  const reached = needed(entry);
  for (const key of reached)
    for (const next of manifest[key]?.dynamicImports ?? []) needed(next, reached);
  return pages.filter((page) => reached.has(page)).map((page) => [page, entry] as const);
});
// What shows toasts: it is loaded when a page has nothing else to do, before anything opens over it.
const idle = Object.keys(manifest).filter((key) => /^_parts~ToastLine-/.test(key));
const ANY_PAGE = "";
// What opens over a page that is there already.
const UNDER: Record<string, string> = {
  "src/features/account/parts/DeletionDialog.tsx": "src/features/account/AccountPage.tsx",
  "src/features/api-keys/parts/ChangeDialog.tsx": "src/features/api-keys/ApiKeysPage.tsx",
  "src/features/api-keys/parts/NewKey.tsx": "src/features/api-keys/ApiKeysPage.tsx",
  "src/features/api-keys/parts/ReplaceDialog.tsx": "src/features/api-keys/ApiKeysPage.tsx",
  "src/features/factors/parts/NewAppDialog.tsx": "src/features/account/AccountPage.tsx",
  "src/features/factors/parts/NewPasskeyDialog.tsx": "src/features/account/AccountPage.tsx",
  "src/features/invitations/parts/InviteDialog.tsx": "src/features/invitations/InvitationsPage.tsx",
  "src/features/invitations/parts/LinkDialog.tsx": "src/features/invitations/InvitationsPage.tsx",
  "src/features/session/ExpiredDialog.tsx": ANY_PAGE,
  "src/features/session/StepUpDialog.tsx": ANY_PAGE,
  "src/features/sso/parts/EditConnection.tsx": "src/features/sso/SsoPage.tsx",
  "src/features/sso/parts/NewConnection.tsx": "src/features/sso/SsoPage.tsx",
  "src/features/sso/parts/Question.tsx": "src/features/sso/SsoPage.tsx",
  "src/features/photo/parts/FloorEditor.tsx": "src/features/photo/PhotoPage.tsx",
  "src/features/photos/NewSheet.tsx": "src/features/photos/PhotosPage.tsx",
  "src/features/photos/parts/SelectionBar.tsx": "src/features/photos/PhotosPage.tsx",
  "src/features/service-accounts/parts/AccountDialog.tsx": "src/features/api-keys/ApiKeysPage.tsx",
  "src/features/team/parts/LeaveDialog.tsx": "src/features/team/TeamPage.tsx",
  "src/features/team/parts/RemoveDialog.tsx": "src/features/team/TeamPage.tsx",
  "src/features/team/parts/ResetDialog.tsx": "src/features/team/TeamPage.tsx",
  "src/features/team/parts/RestoreDialog.tsx": "src/features/team/TeamPage.tsx",
  "src/features/team/parts/RoleDialog.tsx": "src/features/team/TeamPage.tsx",
  "src/features/team/parts/RoleFormDialog.tsx": "src/features/team/RolesPage.tsx",
};
// The texts of one language: those of every page, and those of a page's feature.
const texts = Object.keys(manifest).filter((key) => /app\/messages\/en\.ts$/.test(key));
const textsOf = (page: string) => {
  const key = `${/^src\/features\/[^/]+/.exec(page)?.[0]}/locales/en.po`;
  return manifest[key] && !UNDER[page] ? [key] : [];
};

describe("what is loaded, in kB after gzip", () => {
  test.each(entries)("the shell of %s", (entry) => {
    expect(kilobytes([...needed(entry), ...texts])).toBeLessThan(160);
  });

  test("every page has an entry that leads to it", () => {
    expect(new Set(visits.map(([page]) => page))).toEqual(new Set(pages));
  });

  test.each(visits)("what %s adds to what is there at %s", (page, entry) => {
    const shell = needed(entry);
    const under = UNDER[page];
    if (under !== undefined) for (const key of idle) needed(key, shell);
    if (under) needed(under, shell);
    const added = [...needed(page)].filter((key) => !shell.has(key));
    expect(kilobytes([...added, ...textsOf(page)])).toBeLessThan(30);
  });

  test("what is loaded when nothing else is to do", () => {
    expect(idle).toHaveLength(1);
    const shell = needed("tenant.html");
    const added = [...needed(idle[0] ?? "")].filter((key) => !shell.has(key));
    expect(kilobytes(added)).toBeLessThan(30);
  });

  test("styles", () => {
    const styles = Object.values(manifest).filter(({ file }) => file.endsWith(".css"));
    expect(styles.length).toBeGreaterThan(0);
    expect(styles.reduce((sum, { file }) => sum + gzipped(file), 0) / 1000).toBeLessThan(14);
  });

  test("the font of English and German", () => {
    const fonts = Object.values(manifest).filter(({ file }) => /-latin-wght.*woff2$/.test(file));
    expect(fonts).toHaveLength(1);
    expect(statSync(join(DIST, fonts[0]?.file ?? "")).size / 1000).toBeLessThan(35);
  });

  test("the entries are those that the gateway serves", () => {
    expect(entries.sort()).toEqual(["ops.html", "platform.html", "tenant.html"]);
    for (const entry of entries) {
      const html = readFileSync(join(DIST, entry), "utf8");
      expect(html).toContain("<!--stagify:head-->");
      expect(html).toContain('<html lang="en">');
      // Anything inline would need a hash of its own in the Content-Security-Policy.
      expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son\w+=/);
    }
  });

  test("every text asset has its compressed twins", () => {
    const text = Object.values(manifest).filter(({ file }) => /\.(js|css)$/.test(file));
    for (const { file } of text) {
      for (const coding of ["br", "gz"]) {
        expect(statSync(join(DIST, `${file}.${coding}`)).size).toBeGreaterThan(0);
      }
    }
  });
});
