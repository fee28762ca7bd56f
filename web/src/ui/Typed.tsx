/** What a person typed, within a sentence: shown as it is, in the direction of its own script. It has to be an
 * element there, because `<Trans>` reads markup in values, and `<0>` in a name would become one. */
export function Typed({ text }: { text: string }) {
  return <bdi>{text}</bdi>;
}
