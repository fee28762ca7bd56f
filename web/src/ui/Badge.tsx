import type { ReactNode } from "react";
import { looks } from "./looks";
import type { Tone } from "./Notice";

const DOTS: Record<Tone, string> = {
  info: "bg-quiet",
  success: "bg-success",
  warn: "bg-warn",
  danger: "bg-danger",
};

/** The state of something in a word; the colour only repeats it. */
export function Badge({ tone = "info", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap text-caption">
      <span aria-hidden className={looks("size-2 rounded-full", DOTS[tone])} />
      {children}
    </span>
  );
}
