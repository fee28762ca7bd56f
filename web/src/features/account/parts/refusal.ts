import { t } from "@lingui/core/macro";
import { ApiError, OfflineError } from "@/lib/api";

/** Why a change was not made, in words. */
export function wordsFor(error: Error): string {
  if (error instanceof OfflineError) return t`There is no connection. Nothing was changed.`;
  if (!(error instanceof ApiError)) return t`That did not work. Nothing was changed.`;
  if (error.code === "wrong_password") return t`That is not your present password.`;
  if (error.status === 429) {
    const seconds = error.retryAfter ?? 60;
    return t`Too many tries. Wait ${seconds} seconds, then try again.`;
  }
  return error.detail;
}
