import { ownPath } from "@/lib/address";

/** Where a person wanted to go, as a search parameter says. What is no path of ours is replaced by name:
 * the router keeps what a page does not say anything about. */
export function pathOf(next: unknown): { next?: string | undefined } {
  return { next: ownPath(next) };
}
