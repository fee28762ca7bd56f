import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { toast } from "@/ui/Toast";
import { resetsQuery, useRefuseResets } from "../api";

/** Somebody has said that the person has lost their factors. */
export function PendingReset() {
  const { t } = useLingui();
  const { data: resets } = useSuspenseQuery(resetsQuery);
  const refuse = useRefuseResets();
  const due = resets[0] && formatTime(resets[0].due_at);
  if (!due) return null;
  return (
    <Notice
      tone="warn"
      title={<Trans>An owner wants to take your second factors away</Trans>}
      action={
        <Button
          kind="secondary"
          size="small"
          busy={refuse.isPending}
          onClick={() =>
            refuse.mutate(undefined, {
              onSuccess: () => toast({ title: t`Your second factors stay.` }),
            })
          }
        >
          <Trans>I still have them</Trans>
        </Button>
      }
    >
      {refuse.error ? (
        wordsFor(refuse.error)
      ) : (
        <Trans>They said that you have lost them. It happens on {due}, unless you say no.</Trans>
      )}
    </Notice>
  );
}
