const KEY = "stagify:enter";

/** Only a path of this host: an address from elsewhere is not gone to. */
export function pathOf(next: unknown): string | undefined {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : undefined;
}

/** Where the person wanted to go, while they are away to be recognized. */
export function keepDestination(path: string | undefined): void {
  if (path) sessionStorage.setItem(KEY, path);
  else sessionStorage.removeItem(KEY);
}

export function takeDestination(): string {
  const kept = pathOf(sessionStorage.getItem(KEY));
  sessionStorage.removeItem(KEY);
  return kept ?? "/";
}

/** The code in the address of this page. It is taken out of the address and the history before anything
 * else, so that nobody sees it there. */
export function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  return code;
}
