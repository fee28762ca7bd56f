import { ownPath } from "@/lib/address";

/** Where a person wants to go in a workspace, and what they have to show on the way there. */
export type Way = { to?: string | undefined; proof?: "passkey" | undefined };

/** What has to be shown on the way, as an address says. */
export function proofOf(value: unknown): Way["proof"] {
  return value === "passkey" ? value : undefined;
}

const FRESH_MS = 2 * 60_000;

/** Whether somebody has shown two factors just now. */
export function isFresh(proof: { amr: readonly string[]; auth_time: string }, now = Date.now()) {
  return proof.amr.includes("mfa") && now - new Date(proof.auth_time).getTime() < FRESH_MS;
}

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
