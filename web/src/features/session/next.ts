import { ownPath } from "@/lib/address";

/** Where a person wanted to go, as a search parameter says. */
export function pathOf(next: unknown): { next?: string } {
  const path = ownPath(next);
  return path ? { next: path } : {};
}
