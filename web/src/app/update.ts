import { boot } from "@/lib/boot";
import { holdForms, isHeld } from "@/lib/hold";
import { Store } from "@/lib/store";

const RELOADED = "stagify:reloaded";
/** Milliseconds between two looks for a new build. */
const PAUSE = 15 * 60_000;

/** Whether the server has another build than this page is of. */
export const isOutdated = new Store(false);

let looked = Date.now();

/** After a new build, code that this page has not loaded yet may be gone. Then the page is loaded anew,
 * once, unless something on it would be lost; else the error is shown, with a button that does so. */
export function guardChunks(): void {
  holdForms();
  window.addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    // Without a connection it is no new build, and what is shown is all there is.
    if (isHeld() || !navigator.onLine || Date.now() - last < 60_000) return;
    event.preventDefault();
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  });
}

/** Look for a new build when somebody comes back to this page after a while. */
export function watchBuild(): void {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - looked > PAUSE) void look();
  });
}

/** The server was away, and may have come back with a new build: look, as soon as somebody sees it. */
export function suspectNewBuild(): void {
  if (document.hidden) looked = 0;
  else void look();
}

async function look(): Promise<void> {
  looked = Date.now();
  const headers = { Accept: "text/html" };
  const answer = await fetch("/", { method: "HEAD", headers }).catch(() => null);
  const build = answer?.headers.get("Stagify-Build");
  if (build && boot.build && build !== boot.build) isOutdated.set(true);
}
