/** Class names, joined; what is false is left out. There is no merging: a component's own classes never
 * contradict those that its users may add (margins, places in a grid). */
export function looks(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}
