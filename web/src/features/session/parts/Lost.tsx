import { Trans } from "@lingui/react/macro";

/** The way for those who have none of their factors any more. */
export function Lost() {
  return (
    <details className="text-caption text-quiet">
      <summary className="flex min-h-11 cursor-pointer items-center underline-offset-4 hover:underline">
        <Trans>You no longer have any of these?</Trans>
      </summary>
      <p className="pb-2">
        <Trans>
          An owner of your workspace can take your second factors away, on the page of its team. It
          takes a day, and you get a mail at once. A new password does not help here.
        </Trans>
      </p>
    </details>
  );
}
