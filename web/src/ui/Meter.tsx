import { Meter as Base } from "@base-ui/react/meter";
import type { ReactNode } from "react";
import { looks } from "./looks";

/** How much of something is used. The words say it; the bar shows it. */
export function Meter({
  label,
  value,
  max,
  text,
  shown = text,
  note,
  className,
}: {
  label: ReactNode;
  value: number;
  /** null: without limit, so there is no bar. */
  max: number | null;
  /** What is used, in words: "3 of 10 photos". */
  text: string;
  /** What of it stands beside the label, where a figure above says the rest. */
  shown?: string;
  note?: ReactNode;
  className?: string;
}) {
  const share = max ? value / max : 0;
  const colour = share >= 1 ? "bg-danger" : share >= 0.8 ? "bg-warn" : "bg-brand";
  return (
    <Base.Root
      value={Math.min(value, max ?? value)}
      max={max || 1}
      getAriaValueText={() => text}
      className={looks("grid gap-2", className)}
    >
      <div className="flex items-baseline justify-between gap-4">
        <Base.Label className="font-medium">{label}</Base.Label>
        <span className="tnum text-quiet">{shown}</span>
      </div>
      {max !== null && (
        <Base.Track className="h-1.5 overflow-hidden rounded-full bg-line">
          <Base.Indicator
            className={looks("rounded-full transition-[width] duration-200 ease-out", colour)}
          />
        </Base.Track>
      )}
      {note && <p className="text-caption text-quiet">{note}</p>}
    </Base.Root>
  );
}
