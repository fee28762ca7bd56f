import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { ApiError } from "@/lib/api";
import { Button } from "@/ui/Button";
import { useResend } from "../api";

/** No mail came: have it sent once more, or begin again with another address. */
export function Resend({ signupId }: { signupId: string }) {
  const resend = useResend(signupId);
  const seconds = resend.error instanceof ApiError ? resend.error.retryAfter : undefined;
  return (
    <div className="grid justify-items-start gap-2 border-line border-t pt-6 text-quiet">
      <p>
        <Trans>No mail? Look in your spam folder, or</Trans>
      </p>
      <div className="flex flex-wrap gap-3">
        <Button
          kind="secondary"
          size="small"
          busy={resend.isPending}
          onClick={() => resend.mutate()}
        >
          <Trans>Send it again</Trans>
        </Button>
        <Link
          to="/signup"
          className="inline-flex h-9 items-center text-brand-text text-caption underline underline-offset-4"
        >
          <Trans>Use another address</Trans>
        </Link>
      </div>
      <p role="status" className="min-h-5 text-caption">
        {resend.isSuccess && (
          <Trans>It is on its way. Only the code of the newest mail works.</Trans>
        )}
        {resend.isError &&
          (seconds ? (
            <Trans>It was sent a moment ago. Wait {seconds} seconds.</Trans>
          ) : (
            <Trans>It could not be sent now. Try again in a minute.</Trans>
          ))}
      </p>
    </div>
  );
}
