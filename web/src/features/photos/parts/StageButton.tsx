import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useUnread } from "@/features/uploads";
import { meterOf, type Usage, usageQuery } from "@/features/usage";
import { useCan } from "@/lib/access";
import { formatDate, formatNumber } from "@/lib/format";
import { Button } from "@/ui/Button";

/** The one thing to do in the sheet, and what it costs. */
export function StageButton({ many, onStage }: { many: number; onStage: () => void }) {
  const { data: usage } = useQuery(usageQuery);
  const left = leftOf(usage);
  const none = left === 0;
  const unread = useUnread();
  return (
    <div className="sticky -bottom-6 z-10 -mx-6 -mb-6 flex flex-wrap items-center gap-x-6 gap-y-3 border-line border-t bg-surface px-6 pt-4 pb-[max(1.5rem,env(safe-area-inset-bottom))] sm:-bottom-8 sm:-mx-8 sm:-mb-8 sm:px-8">
      <p className="tnum min-w-48 flex-1 text-quiet">
        {unread > 0 ? (
          <Plural
            value={unread}
            one="# more photo is being read."
            other="# more photos are being read."
          />
        ) : (
          <Cost many={many} left={left} usage={usage} />
        )}
      </p>
      <Button
        size="large"
        unavailable={many === 0 || none || unread > 0}
        onClick={onStage}
        className="max-sm:w-full"
      >
        {many === 0 ? (
          <Trans>Stage</Trans>
        ) : (
          <Plural value={many} one="Stage # photo" other="Stage # photos" />
        )}
      </Button>
    </div>
  );
}

/** How many photos the plan has left; null without a limit, undefined if that is not known. */
function leftOf(usage: Usage | undefined): number | null | undefined {
  const meter = usage && meterOf(usage, "staging");
  if (!meter) return undefined;
  if (meter.limit === null) return null;
  return Math.max(meter.limit - meter.used - meter.reserved, 0);
}

function Cost({
  many,
  left,
  usage,
}: {
  many: number;
  left: number | null | undefined;
  usage: Usage | undefined;
}): ReactNode {
  const manages = useCan("tenant:manage");
  if (many === 0) return <Trans>Choose a photo that can be staged.</Trans>;
  if (left === undefined) return <Trans>Each photo counts once, if it is staged.</Trans>;
  if (left === null) return <Trans>Your plan has no limit.</Trans>;
  const limit = formatNumber((usage && meterOf(usage, "staging")?.limit) ?? 0);
  const day = usage ? formatDate(usage.period.end) : "";
  if (left === 0)
    return (
      <>
        <Trans>
          The {limit} photos of your plan are used up until {day}. What you chose stays here.
        </Trans>{" "}
        {manages ? (
          <Link to="/office/usage" className="text-brand-text underline underline-offset-4">
            <Trans>See what was used</Trans>
          </Link>
        ) : (
          <Trans>An owner can change the plan.</Trans>
        )}
      </>
    );
  if (many > left) {
    const rest = many - left;
    return (
      <Trans>
        Your plan has {left} left until {day}:{" "}
        <Plural value={rest} one="# photo waits here" other="# photos wait here" /> until there are
        more.
      </Trans>
    );
  }
  return (
    <Plural
      value={many}
      one={`Uses # of the ${left} photos that your plan has left.`}
      other={`Uses # of the ${left} photos that your plan has left.`}
    />
  );
}
