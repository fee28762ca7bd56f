import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { meterOf, usageQuery } from "@/features/usage";
import { formatNumber } from "@/lib/format";
import { Meter } from "@/ui/Meter";
import { Skeleton } from "@/ui/Skeleton";

// As high as the meter with its note.
const HEIGHT = "min-h-17";

/** How many seats the plan has, as far as it is known; nobody waits for it. */
export function useSeats() {
  const { data: usage, isPending } = useQuery(usageQuery);
  return { seats: usage && meterOf(usage, "seats"), isPending };
}

/** How many of the plan's seats are taken. */
export function Seats() {
  const { t } = useLingui();
  const { seats, isPending } = useSeats();
  if (!seats) {
    if (isPending) return <Skeleton className={HEIGHT} />;
    return (
      <p className="text-quiet">
        <Trans>How many seats are taken cannot be read right now.</Trans>
      </p>
    );
  }
  const used = formatNumber(seats.used);
  const limit = seats.limit === null ? null : formatNumber(seats.limit);
  return (
    <Meter
      className={HEIGHT}
      label={<Trans>Seats</Trans>}
      value={seats.used}
      max={seats.limit}
      text={limit === null ? t`${used}, no limit` : t`${used} of ${limit}`}
      note={<Note remaining={seats.remaining} />}
    />
  );
}

function Note({ remaining }: { remaining: number | null }) {
  if (remaining === null) return <Trans>Your plan includes as many as you need.</Trans>;
  if (remaining <= 0) {
    return (
      <Trans>All are taken. Remove somebody, or choose a larger plan, to let in another.</Trans>
    );
  }
  return <Plural value={remaining} one="# seat is free" other="# seats are free" />;
}
