import { t } from "@lingui/core/macro";

/** What a value may be at least and at most: figures of a number, or characters of a text. */
export type Limits = { least?: number | undefined; most?: number | undefined };

/** What is wrong with a value, in a sentence, by the kind of mistake: the server's (`type`) and those that
 * browsers find (`ui/Fault`). */
export function faultWords(kind: string, { least, most }: Limits = {}): string {
  switch (kind) {
    case "missing":
    case "blank":
    case "string_too_short":
      return t`Fill this in.`;
    case "too_short":
      return least === undefined ? t`This is too short.` : t`At least ${least} characters.`;
    case "too_long":
    case "string_too_long":
      return t`This is too long.`;
    case "characters":
      return t`There is a character in it that cannot be used here.`;
    case "link":
      return t`Links cannot be used here.`;
    case "email":
      return t`This is not a complete email address.`;
    case "url":
      return t`This is not a complete address: it begins with https://.`;
    case "network":
      return t`This is not an internet address or network.`;
    case "code":
      return t`A code has six digits.`;
    case "number":
    case "greater_than_equal":
    case "less_than_equal":
      return least === undefined || most === undefined
        ? t`This number cannot be used here.`
        : t`Choose a number from ${least} to ${most}.`;
    default:
      return t`This cannot be used here.`;
  }
}
