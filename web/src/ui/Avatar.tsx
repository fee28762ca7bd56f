/** The first letters of a name. */
export function Avatar({ name }: { name: string }) {
  const letters = name
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .filter(Boolean);
  const shown = [letters[0], letters.length > 1 ? letters.at(-1) : ""].join("").toUpperCase();
  return (
    <span
      aria-hidden
      className="grid size-9 place-items-center rounded-full bg-raised font-semibold text-caption ring-1 ring-line"
    >
      {shown}
    </span>
  );
}
