import { plural, t } from "@lingui/core/macro";
import { ApiError, OfflineError } from "./api";
import { PasskeyError, type PasskeyTrouble } from "./passkeys";

/** Why something was not done, in words. `own` are a feature's, by code or by status; where neither those nor
 * these say it, the server's sentence does. */
export function wordsFor(
  error: Error,
  own: Readonly<Record<string | number, string>> = {},
): string {
  if (error instanceof OfflineError)
    return t`There is no connection. Nothing here is lost: try again when there is one.`;
  if (error instanceof PasskeyError) return passkeyWords(error.trouble);
  const failed = t`That did not work. Nothing here is lost: try again.`;
  if (!(error instanceof ApiError)) return failed;
  const words = own[error.code] ?? own[error.status];
  if (words) return words;
  if (error.code === "step_up_required")
    return t`Nothing was changed: it has to be certain first that it is you.`;
  if (error.status === 429) return waitWords(error.retryAfter ?? 60);
  return error.detail || failed;
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
