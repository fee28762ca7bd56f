type Dated = { id: string; updated_at: string };

/** The newer of two states of one thing: events and answers overtake each other. */
export function newer<T extends Dated>(known: T | undefined, told: T): T {
  return known && Date.parse(known.updated_at) > Date.parse(told.updated_at) ? known : told;
}

/** A list with the newer state of one thing in its place; the list itself if nothing changes. */
export function withNewer<T extends Dated>(list: readonly T[], told: T): readonly T[] {
  const at = list.findIndex((each) => each.id === told.id);
  const known = list[at];
  if (!known || newer(known, told) === known) return list;
  return list.with(at, told);
}

/** A list without a thing; the list itself if it was not there. */
export function without<T extends { id: string }>(list: readonly T[], id: string): readonly T[] {
  return list.some((each) => each.id === id) ? list.filter((each) => each.id !== id) : list;
}
