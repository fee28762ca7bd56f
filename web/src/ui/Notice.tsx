import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { looks } from "./looks";

export type Tone = "info" | "success" | "warn" | "danger";

const ICONS = { info: Info, success: CircleCheck, warn: TriangleAlert, danger: CircleAlert };
const COLOURS: Record<Tone, string> = {
  info: "text-quiet",
  success: "text-success",
  warn: "text-warn",
  danger: "text-danger",
};

/** A sentence that stays: what happened, what is safe, what to do. One that appears by an action is
 * spoken at once. */
export function Notice({
  tone = "info",
  title,
  children,
  action,
  className,
}: {
  tone?: Tone;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  const Icon = ICONS[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={looks("flex gap-3 rounded-card border border-line bg-surface p-4", className)}
    >
      <Icon aria-hidden className={looks("mt-0.5 size-5 shrink-0", COLOURS[tone])} />
      <div className="grid min-w-0 flex-1 gap-1">
        {title && <p className="font-medium">{title}</p>}
        {children && <div className="text-quiet">{children}</div>}
        {action && <div className="mt-2 flex flex-wrap gap-2">{action}</div>}
      </div>
    </div>
  );
}
