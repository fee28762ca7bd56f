import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Meter } from "@/ui/Meter";
import type { MeterState, Usage } from "../api";
import { formatAmount, useMeterNames } from "./names";

/** A card for each meter: how much of the plan is used. */
export function UsageCards({ usage }: { usage: Usage }) {
  return (
    <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
      {usage.meters.map((meter) => (
        <li key={meter.meter}>
          <UsageCard meter={meter} />
        </li>
      ))}
    </ul>
  );
}

function UsageCard({ meter }: { meter: MeterState }) {
  const { t } = useLingui();
  const names = useMeterNames();
  const used = formatAmount(meter, meter.used);
  const limit = meter.limit === null ? null : formatAmount(meter, meter.limit);
  return (
    <div className="grid h-full content-start gap-4 rounded-card border border-line bg-surface p-5 sm:p-6">
      <p aria-hidden className="tnum font-semibold text-figure">
        {used}
      </p>
      <Meter
        label={names[meter.meter]}
        value={meter.used}
        max={meter.limit}
        text={limit === null ? t`${used}, no limit` : t`${used} of ${limit}`}
        shown={limit === null ? t`no limit` : t`of ${limit}`}
        note={<Note meter={meter} />}
      />
    </div>
  );
}

function Note({ meter }: { meter: MeterState }) {
  if (meter.meter === "staging" && meter.reserved > 0) {
    return (
      <Plural value={meter.reserved} one="# more is on its way" other="# more are on their way" />
    );
  }
  if (meter.remaining === null) return null;
  if (meter.remaining === 0) {
    if (meter.meter === "storage_bytes") return <Trans>Full. Empty the trash to make room.</Trans>;
    if (meter.meter === "seats") return <Trans>All seats are taken.</Trans>;
    return <Trans>Used up until the next period.</Trans>;
  }
  const left = formatAmount(meter, meter.remaining);
  return <Trans>{left} left</Trans>;
}
