import { ownPath } from "@/lib/address";
import type { Tested } from "./api";

// While a person is away at the provider, this tab remembers where they wanted to go, and afterwards what a
// test has shown.
const TO = "stagify:sso-to";
const TEST = "stagify:sso-test";

export function keepWay(path: string | undefined): void {
  if (path) sessionStorage.setItem(TO, path);
  else sessionStorage.removeItem(TO);
}

export function takeWay(): string {
  const kept = ownPath(sessionStorage.getItem(TO));
  sessionStorage.removeItem(TO);
  return kept ?? "/";
}

export function keepTest(tested: Tested): void {
  sessionStorage.setItem(TEST, JSON.stringify(tested));
}

export function takeTest(): Tested | null {
  const kept = sessionStorage.getItem(TEST);
  sessionStorage.removeItem(TEST);
  return kept === null ? null : (JSON.parse(kept) as Tested);
}
