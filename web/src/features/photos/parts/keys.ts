import { type RefObject, useEffect, useRef } from "react";

/** The keys of the grid: arrows move between photos, Home and End to its ends, "/" to the search. */
export function useGridKeys(
  grid: RefObject<HTMLElement | null>,
  search: RefObject<HTMLElement | null>,
  others: Record<string, (photo: string | undefined) => unknown>,
): void {
  const latest = useRef(others);
  latest.current = others;
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (
        target?.closest("input, textarea, select, [role=dialog], [role=alertdialog], [role=menu]")
      )
        return;
      if (event.key === "/") {
        event.preventDefault();
        search.current?.focus();
        return;
      }
      const tiles = [...(grid.current?.querySelectorAll<HTMLElement>("[data-tile]") ?? [])];
      const at = tiles.indexOf(document.activeElement as HTMLElement);
      const to = placeAfter(event.key, at, tiles.length, columnsOf(tiles));
      if (to !== null) {
        event.preventDefault();
        tiles[to]?.focus();
        return;
      }
      latest.current[event.key]?.(tiles[at]?.dataset.photo);
    };
    window.addEventListener("keydown", heard);
    return () => window.removeEventListener("keydown", heard);
  }, [grid, search]);
}

/** Which tile comes after a key; null if the key does not move. Nothing focused: the first. */
export function placeAfter(key: string, at: number, many: number, columns: number): number | null {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
  };
  if (many === 0) return null;
  if (at >= 0 && key === "Home") return 0;
  if (at >= 0 && key === "End") return many - 1;
  const step = steps[key];
  if (step === undefined) return null;
  // Before a tile has the focus, up and down scroll the page.
  if (at < 0) return step === 1 ? 0 : null;
  const to = at + step;
  // Down from above a row that is not full leads to its end.
  if (to >= many)
    return step === columns && Math.floor(at / columns) < Math.floor((many - 1) / columns)
      ? many - 1
      : at;
  return to < 0 ? at : to;
}

function columnsOf(tiles: readonly HTMLElement[]): number {
  // The place in the grid is around the tile; what is in a place outside of the window has no layout.
  const topOf = (tile: HTMLElement | undefined) => tile?.parentElement?.offsetTop;
  const next = tiles.findIndex((tile) => topOf(tile) !== topOf(tiles[0]));
  return next < 0 ? Math.max(tiles.length, 1) : next;
}
