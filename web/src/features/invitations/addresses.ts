/** How many one call takes. */
export const MOST = 500;

export type Found = {
  /** Each once, as it was first written. */
  addresses: string[];
  /** What looks as if it should have been an address and is none. */
  unreadable: string[];
};

// What stands around an address in lists, tables, mails and sentences.
const AROUND = /^[\s<>()[\]{}"'“”„‚‘’«»*•·:|–—-]+|[\s<>()[\]{}"'“”„‚‘’«»*•·:.|!?–—]+$/g;
const HEAD = /^mailto:/i;
const QUERY = /\?.*$/;

/** The addresses in whatever somebody pastes: a column of a table, a list with commas, the heads of a mail
 * ("Grace Hopper <grace@example.com>"). Whether each can be written to is for the server to say. */
export function addressesIn(text: string): Found {
  const found = new Map<string, string>();
  const unreadable: string[] = [];
  for (const line of text.split(/[\r\n]+/)) {
    const before = found.size + unreadable.length;
    let hasAny = false;
    for (const piece of line.split(/[,;\t]/)) {
      const all = piece.split(/\s+/).map(bare).filter(isAddress);
      hasAny ||= all.length > 0;
      for (const each of all) {
        const key = each.normalize("NFC").toLowerCase();
        if (!found.has(key)) found.set(key, each);
      }
      if (all.length === 0 && isMeantAsOne(piece)) unreadable.push(bare(piece));
    }
    // A line without any is a heading, or a mistake that nobody should overlook.
    const isSilent = !hasAny && found.size + unreadable.length === before;
    if (isSilent && /[\p{L}\p{N}]/u.test(line)) unreadable.push(line.trim());
  }
  return { addresses: [...found.values()], unreadable };
}

function bare(piece: string): string {
  return piece.replace(AROUND, "").replace(HEAD, "").replace(QUERY, "").replace(AROUND, "");
}

function isAddress(piece: string): boolean {
  const at = piece.lastIndexOf("@");
  return at > 0 && at < piece.length - 1;
}

/** One word with an @ or a dot in the middle, as `grace.example.com`. */
function isMeantAsOne(piece: string): boolean {
  return /^\S+$/.test(bare(piece)) && /@|\w\.\w/.test(bare(piece));
}

/** The domains in a field: `example.com, @example.org`. */
export function domainsIn(text: string): string[] {
  const all = text.split(/[\s,;]+/).map((each) => each.replace(/^.*@/, "").toLowerCase());
  return [...new Set(all.filter(Boolean))];
}
