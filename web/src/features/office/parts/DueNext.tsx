import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { planState, usageQuery } from "@/features/usage";
import { useCan } from "@/lib/access";
import { formatDate } from "@/lib/format";
import { buttonLook } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { recentQuery } from "../api";
import { FirstSteps } from "./FirstSteps";

/** The one thing that somebody should do now; nothing if there is none. */
export function DueNext() {
  const { data: usage } = useQuery(usageQuery);
  const { data: recent } = useQuery(recentQuery);
  const canWrite = useCan("projects:write");
  if (!usage) return null;
  const { level, meter } = planState(usage);
  const end = formatDate(usage.period.end);
  if (meter && level !== "fine") {
    const isFull = level === "full";
    return (
      <Notice
        tone={isFull ? "danger" : "warn"}
        title={<PlanTitle isFull={isFull} meter={meter.meter} />}
        action={
          <Link to="/office/usage" className={buttonLook("secondary", "small")}>
            <Trans>Look at usage</Trans>
          </Link>
        }
      >
        {meter.meter === "storage_bytes" ? (
          <Trans>Photos in the trash count too: empty it, or delete what you no longer need.</Trans>
        ) : (
          <Trans>
            It starts again on {end}. What is there stays: looking and downloading go on.
          </Trans>
        )}
      </Notice>
    );
  }
  const doubtful = recent?.filter(({ needs_look }) => needs_look) ?? [];
  const [first] = doubtful;
  if (first && canWrite) {
    return (
      <Notice
        tone="warn"
        title={
          <Plural
            value={doubtful.length}
            one="Look at # photo before it is published"
            other="Look at # photos before they are published"
          />
        }
        action={
          <Link
            to="/photos/$projectId"
            params={{ projectId: first.id }}
            className={buttonLook("secondary", "small")}
          >
            <Trans>Look at it</Trans>
          </Link>
        }
      >
        <Trans>We are less sure of what was furnished here than of most rooms.</Trans>
      </Notice>
    );
  }
  return recent?.length === 0 && canWrite ? <FirstSteps /> : null;
}

function PlanTitle({ isFull, meter }: { isFull: boolean; meter: string }) {
  if (meter === "staging") {
    return isFull ? (
      <Trans>All photos of this month are used</Trans>
    ) : (
      <Trans>The photos of this month are nearly used up</Trans>
    );
  }
  if (meter === "storage_bytes") {
    return isFull ? <Trans>The storage is full</Trans> : <Trans>The storage is nearly full</Trans>;
  }
  return isFull ? (
    <Trans>All API calls of this month are used</Trans>
  ) : (
    <Trans>The API calls of this month are nearly used up</Trans>
  );
}
