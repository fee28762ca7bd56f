import { ownPath } from "@/lib/address";

const KEY = "stagify:enter";

/** Where the person wanted to go, while they are away to be recognized. */
export function keepDestination(path: string | undefined): void {
  if (path) sessionStorage.setItem(KEY, path);
  else sessionStorage.removeItem(KEY);
}

export function takeDestination(): string {
  const kept = ownPath(sessionStorage.getItem(KEY));
  sessionStorage.removeItem(KEY);
  return kept ?? "/";
}
