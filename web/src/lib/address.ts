/** Where a person wanted to go: only a path of this host. An address from elsewhere is not gone to. */
export function ownPath(next: unknown): string | undefined {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : undefined;
}

/** A secret in the fragment of this page's address. The fragment leaves the address and the history before
 * anything else, so that nobody sees it there. */
export function takeFromFragment(name: string): string | null {
  const found = new URLSearchParams(location.hash.slice(1)).get(name);
  if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  return found;
}

/** Load an address of this host, also one that differs from this page's in the fragment alone. */
export function load(to: string): void {
  const next = new URL(to, location.href);
  const isHere = next.pathname + next.search === location.pathname + location.search;
  if (next.hash && isHere) {
    history.replaceState(null, "", next);
    location.reload();
  } else {
    location.replace(next);
  }
}
