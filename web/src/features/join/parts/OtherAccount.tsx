import { Trans } from "@lingui/react/macro";
import { useLogOut } from "@/features/session";
import { wordsFor } from "@/lib/refusals";
import { Button, type ButtonKind } from "@/ui/Button";
import { Notice } from "@/ui/Notice";

/** Log out, and look at the same invitation as somebody else. A log-out clears what the tab keeps, so that the
 * secret goes along in the fragment, which is sent nowhere. */
export function OtherAccount({ token, kind = "quiet" }: { token: string; kind?: ButtonKind }) {
  const logOut = useLogOut(`/join#token=${encodeURIComponent(token)}`);
  return (
    <>
      {logOut.error && <Notice tone="danger">{wordsFor(logOut.error)}</Notice>}
      <Button
        kind={kind}
        className={kind === "quiet" ? "-ml-4 justify-self-start" : "justify-self-start"}
        busy={logOut.isPending || logOut.isSuccess}
        onClick={() => logOut.mutate()}
      >
        <Trans>Log out and use another account</Trans>
      </Button>
    </>
  );
}
