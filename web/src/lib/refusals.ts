import { plural, t } from "@lingui/core/macro";
import { ApiError, OfflineError } from "./api";

/** Why something was not done, in words. `own` are a feature's, by code or by status; where neither those nor
 * these say it, the server's sentence does. */
export function wordsFor(
  error: Error,
  own: Readonly<Record<string | number, string>> = {},
): string {
  if (error instanceof OfflineError)
    return t`There is no connection. Nothing here is lost: try again when there is one.`;
  const failed = t`That did not work. Nothing here is lost: try again.`;
  if (!(error instanceof ApiError)) return failed;
  const words = own[error.code] ?? own[error.status];
  if (words) return words;
  if (error.code === "step_up_required")
    return t`Nothing was changed: it has to be certain first that it is you.`;
  if (error.status === 429)
    return plural(error.retryAfter ?? 60, {
      one: "Too many tries. Wait # second, then try again.",
      other: "Too many tries. Wait # seconds, then try again.",
    });
  return error.detail || failed;
}
