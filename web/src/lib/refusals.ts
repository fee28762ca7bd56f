import { i18n } from "@lingui/core";
import { plural, t } from "@lingui/core/macro";
import { ApiError, OfflineError } from "./api";
import { faultWords } from "./faults";
import { PasskeyError, type PasskeyTrouble } from "./passkeys";

// Said of each new password, whatever it is for.
const WEAK = "weak_password";

/** Sentences for refusals, by code or by status. */
export type Words = Readonly<Record<string | number, string>>;

/** Why something was not done, in words. `own` are a feature's; where neither those nor these say it, the
 * server's sentence does, on pages in its language. */
export function wordsFor(error: Error, own: Words = {}): string {
  if (error instanceof OfflineError)
    return t`There is no connection. Nothing here is lost: try again when there is one.`;
  if (error instanceof PasskeyError) return passkeyWords(error.trouble);
  const failed = t`That did not work. Nothing here is lost: try again.`;
  if (!(error instanceof ApiError)) return failed;
  const { code, status, errors, detail } = error;
  const words = own[code] ?? own[status];
  if (words) return words;
  if (code === "step_up_required")
    return t`Nothing was changed: it has to be certain first that it is you.`;
  if (code === WEAK) return t`This password is too easy to guess. Choose another one.`;
  if (status === 429) return waitWords(error.retryAfter ?? 60);
  if (errors.length > 0) return t`Not everything here can be used. Look it through once more.`;
  return readable(detail) || generalWords(status) || failed;
}

/** A sentence of the server's, if the page is in its language: there is none of another one on a page. */
export function readable(detail: string): string {
  return i18n.locale === "en" ? detail : "";
}

function generalWords(status: number): string {
  if (status === 401 || status === 403) return t`You may not do this, or not any more.`;
  if (status === 404 || status === 410) return t`This does not exist any more.`;
  if (status === 402) return t`The plan of this workspace does not include this.`;
  return status === 409 || status === 412
    ? t`This has changed meanwhile. Load the page again, and look at it once more.`
    : "";
}

/** Which refusals are about which fields of a form. */
type Places = {
  /** The field of a refusal that is about one, by code. */
  at?: Readonly<Record<string, string>>;
  /** What fields are called here, by the server's names for them, where those differ. */
  names?: Readonly<Record<string, string>>;
};

/** How the call of a form stands, as `ui/Form` takes it: what is wrong with a field stands at the field, and
 * everything else in a notice. `own` are the feature's words. */
export function formState(
  { isPending, error }: { isPending: boolean; error: Error | null },
  own: Words = {},
  { at = {}, names }: Places = {},
) {
  const code = error instanceof ApiError ? error.code : "";
  const field = at[code] ?? (code === WEAK ? "password" : undefined);
  return {
    busy: isPending,
    refusal: error,
    notice: error && !field ? wordsFor(error, own) : undefined,
    errors: error
      ? kept(error, () => (field ? { [field]: wordsFor(error, own) } : faultsOf(error, names)))
      : undefined,
  };
}

const faults = new WeakMap<Error, Record<string, string>>();

/** The same object for the same refusal: a form would take another one for another refusal, and what somebody
 * has corrected would be wrong again. */
function kept(error: Error, find: () => Record<string, string>): Record<string, string> {
  const found = faults.get(error) ?? find();
  faults.set(error, found);
  return found;
}

/** What is wrong with the parts of a request, by the field of each: `body.domains.0` is about `domains`. */
function faultsOf(error: Error, names: Places["names"] = {}): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const found = error.errors.map(({ field, type }) => {
    const path = field.split(".").filter((part) => !/^\d+$/.test(part));
    const name = names[path.slice(1).join(".")] ?? path.at(-1) ?? "";
    return [name, faultWords(type)] as const;
  });
  return Object.fromEntries(found);
}

/** How long somebody has to wait; in seconds only where people count those. */
function waitWords(seconds: number): string {
  if (seconds < 120)
    return plural(seconds, {
      one: "Too many tries. Wait # second, then try again.",
      other: "Too many tries. Wait # seconds, then try again.",
    });
  return plural(Math.ceil(seconds / 60), {
    one: "Too many tries. Wait # minute, then try again.",
    other: "Too many tries. Wait # minutes, then try again.",
  });
}

function passkeyWords(trouble: PasskeyTrouble): string {
  const words: Record<PasskeyTrouble, string> = {
    given_up: t`No passkey was used. Try again, or choose another way.`,
    known: t`This device has a passkey for you already.`,
    failed: t`This browser could not use a passkey here.`,
  };
  return words[trouble];
}
