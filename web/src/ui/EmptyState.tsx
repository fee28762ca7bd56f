import type { ReactNode } from "react";
import { looks } from "./looks";

/** There is nothing here yet: why that is, and what to do. */
export function EmptyState({
  picture,
  title,
  children,
  action,
  className,
}: {
  picture?: ReactNode;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  return (
    <div
      className={looks(
        "mx-auto grid max-w-md justify-items-center gap-4 px-4 py-12 text-center",
        className,
      )}
    >
      {picture && <div className="mb-2 w-full text-quiet">{picture}</div>}
      <h2 className="font-semibold text-title">{title}</h2>
      {children && <div className="text-quiet">{children}</div>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-3">{action}</div>}
    </div>
  );
}
