import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { ApiError, OfflineError } from "@/lib/api";
import { readable } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Heading } from "@/ui/Page";

/** A page that cannot be shown: why, and the way on. Never the text of an exception. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const refusal = error instanceof ApiError ? error : null;
  const offline = error instanceof OfflineError || !navigator.onLine;
  const again = () => {
    // Only a page that is made anew gets code of a new build.
    if (!refusal && !(error instanceof OfflineError)) return location.reload();
    reset();
    void router.invalidate();
  };
  return (
    <main className="mx-auto grid min-h-[70dvh] max-w-door content-center gap-4 px-4 py-12">
      <Heading className="text-title!">{offline ? t`You are offline` : titleOf(refusal)}</Heading>
      <p className="text-quiet">
        {offline ? (
          <Trans>Nothing is lost. The page goes on as soon as there is a connection.</Trans>
        ) : (
          (refusal && readable(refusal.detail)) || (
            <Trans>Something went wrong on our side. Nothing of yours is lost.</Trans>
          )
        )}
      </p>
      {refusal?.requestId && (
        <p className="text-caption text-quiet">
          <Trans>If you write to support, name this number: {refusal.requestId}</Trans>
        </p>
      )}
      <div className="mt-2 flex gap-3">
        <Button onClick={again}>
          <Trans>Try again</Trans>
        </Button>
      </div>
    </main>
  );
}

function titleOf(refusal: ApiError | null): string {
  if (refusal?.status === 403) return t`This is not for your role`;
  if (refusal?.status === 404) return t`This is not here`;
  if (refusal?.status === 429) return t`Too much at once`;
  return t`This page could not be loaded`;
}
