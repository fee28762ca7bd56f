/** Where a person wanted to go, as a search parameter says: only a path of this host. */
export function pathOf(next: unknown): { next?: string } {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? { next } : {};
}
