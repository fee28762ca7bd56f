import type { Locale } from "./boot";

export type Look = "light" | "dark";

const A_YEAR = 365 * 86_400;

// In cookies, which scripts of the page's head and the gateway can read, and which a log-out leaves alone:
// they belong to the browser, not to the person.

/** The look that is chosen in this browser; null: as the device. The page's head reads it before anything is
 * drawn. */
export function setLook(chosen: Look | null): void {
  keep("stagify_look", chosen);
  if (chosen) document.documentElement.dataset.look = chosen;
  else delete document.documentElement.dataset.look;
}

/** The language of this browser's pages from the next one on; null: as the browser asks. The gateway
 * reads it, so that a page is in one language from its first byte. */
export function setLocale(chosen: Locale | null): void {
  keep("stagify_locale", chosen);
}

function keep(name: string, chosen: string | null): void {
  const age = chosen ? A_YEAR : 0;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: Firefox has no cookieStore before version 140
  document.cookie = `${name}=${chosen ?? ""}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
}
