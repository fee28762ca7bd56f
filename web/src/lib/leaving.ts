/** What to do before this page is left for good, by log-out: end what runs, let go of what is held. */
export const leaving = new Set<() => void>();

export function leave(): void {
  for (const each of [...leaving]) each();
  leaving.clear();
}
