import type { Locale } from "./boot";

// As the page's own script reads it before anything is painted.
const LOOK_KEY = "stagify:look";
const YEAR_SECONDS = 365 * 86_400;

export type Look = "light" | "dark";

/** The look that this browser was told, or null to follow the machine's. */
export function readLook(): Look | null {
  const kept = localStorage.getItem(LOOK_KEY);
  return kept === "light" || kept === "dark" ? kept : null;
}

export function showLook(look: Look | null): void {
  if (look) {
    localStorage.setItem(LOOK_KEY, look);
    document.documentElement.dataset.look = look;
  } else {
    localStorage.removeItem(LOOK_KEY);
    delete document.documentElement.dataset.look;
  }
}

/** The gateway writes the page in this language from the next time on; null follows the browser's. */
export function keepLocale(locale: Locale | null): void {
  const life = locale ? YEAR_SECONDS : 0;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere yet
  document.cookie = `stagify_locale=${locale ?? ""}; Path=/; Max-Age=${life}; SameSite=Lax`;
}
