import { takeFromFragment } from "@/lib/address";

const KEY = "stagify:join";

/** The secret of the invitation that this tab is about: of the link that was opened, or the one that it kept while
 * the person logged in or loaded the page again. It never is in an address that is sent. */
export function takeSecret(): string | null {
  const found = takeFromFragment("token");
  if (found) sessionStorage.setItem(KEY, found);
  return found ?? sessionStorage.getItem(KEY);
}

/** It was used, or leads nowhere. */
export function forgetSecret(): void {
  sessionStorage.removeItem(KEY);
}
