import type { Catalog } from "./api";

export type LastChoice = { room_type: string; style: string };

/** What this person asked for last time, else what comes first in the catalog. */
export function lastChoice(catalog: Catalog, person: string): LastChoice {
  const last = read(keyOf(person));
  const known = (entries: readonly { key: string }[], key: string | undefined) =>
    entries.some((entry) => entry.key === key) ? (key as string) : (entries[0]?.key ?? "");
  return {
    room_type: known(catalog.room_types, last.room_type),
    style: known(catalog.styles, last.style),
  };
}

export function rememberChoice(person: string, choice: LastChoice): void {
  try {
    localStorage.setItem(keyOf(person), JSON.stringify(choice));
  } catch {
    // A browser without storage asks anew.
  }
}

const keyOf = (person: string) => `stagify:${person}:choice`;

function read(key: string): Partial<LastChoice> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}");
  } catch {
    return {};
  }
}
