import type { ReactNode } from "react";
import { looks } from "./looks";

/** A page of the workspace: its heading, what can be done, its content. */
export function Page({
  title,
  lead,
  actions,
  narrow = false,
  children,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  /** For forms. */
  narrow?: boolean;
  children?: ReactNode;
}) {
  return (
    <div
      className={looks(
        "mx-auto w-full px-4 py-8 sm:px-8 sm:py-12",
        narrow ? "max-w-[38rem]" : "max-w-content",
      )}
    >
      <header className="mb-8 flex flex-wrap items-end justify-between gap-x-8 gap-y-4">
        <div className="grid gap-1">
          <Heading>{title}</Heading>
          {lead && <p className="text-quiet">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-3">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** The heading of a page. A change of pages leads the focus here. */
export function Heading({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <h1 tabIndex={-1} className={looks("font-semibold text-page", className)}>
      {children}
    </h1>
  );
}

/** Something that is set or shown by itself, with its own state and its own way to save. */
export function Section({
  title,
  description,
  children,
  actions,
}: {
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <section className="rounded-card border border-line bg-surface">
      <div className="grid gap-5 p-5 sm:p-6">
        <header className="grid gap-1">
          <h2 className="font-semibold text-lead">{title}</h2>
          {description && <p className="text-quiet">{description}</p>}
        </header>
        {children}
      </div>
      {actions && (
        <footer className="flex flex-wrap items-center justify-end gap-3 border-line border-t px-5 py-3 sm:px-6">
          {actions}
        </footer>
      )}
    </section>
  );
}
