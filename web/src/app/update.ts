import { isHeld } from "@/lib/hold";

const RELOADED = "stagify:reloaded";

/** After a new build, code that this page has not loaded yet may be gone. Then the page is loaded anew,
 * once, unless something on it would be lost; else the error is shown, with a button that does so. */
export function guardChunks(): void {
  window.addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (isHeld() || Date.now() - last < 60_000) return;
    event.preventDefault();
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  });
}
