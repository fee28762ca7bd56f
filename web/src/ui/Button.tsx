import type { ComponentProps, MouseEvent } from "react";
import { looks } from "./looks";
import { Spinner } from "./Spinner";

export type ButtonKind = "primary" | "secondary" | "quiet" | "danger";
type ButtonSize = "normal" | "small" | "large";

const KINDS: Record<ButtonKind, string> = {
  primary: "bg-brand text-on-brand hover:opacity-90",
  secondary: "border border-line bg-surface text-ink hover:bg-raised",
  quiet: "text-ink hover:bg-raised",
  danger: "bg-danger-fill text-on-danger hover:opacity-90",
};

const SIZES: Record<ButtonSize, string> = {
  small: "h-9 gap-1.5 px-3 text-caption pointer-coarse:h-11",
  normal: "h-control gap-2 px-4",
  large: "h-13 gap-2.5 px-6 text-lead",
};

/** The classes of a button, for links that look like one. */
export function buttonLook(kind: ButtonKind = "primary", size: ButtonSize = "normal"): string {
  return looks(
    "inline-flex shrink-0 select-none items-center justify-center rounded-button font-medium",
    "whitespace-nowrap transition-[opacity,background-color,scale] duration-120 ease-out",
    "active:scale-[0.98] aria-disabled:cursor-not-allowed aria-disabled:opacity-50",
    "aria-disabled:active:scale-100",
    KINDS[kind],
    SIZES[size],
  );
}

type ButtonProps = Omit<ComponentProps<"button">, "disabled"> & {
  kind?: ButtonKind;
  size?: ButtonSize;
  /** Something that the click began is under way: keeps focus and size, and swallows clicks. */
  busy?: boolean;
  /** It cannot be used now. It can still be focused, so say beside it why. */
  unavailable?: boolean;
};

/** The one button. */
export function Button({
  kind = "primary",
  size = "normal",
  busy = false,
  unavailable = false,
  type = "button",
  className,
  onClick,
  children,
  ...props
}: ButtonProps) {
  const idle = busy || unavailable;
  return (
    <button
      {...props}
      type={type}
      aria-disabled={idle || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => {
        // The second half of a double click: what the first began is not shown as busy yet.
        if (idle || event.detail > 1) swallow(event);
        else onClick?.(event);
      }}
      className={looks(buttonLook(kind, size), "relative", busy && "opacity-100!", className)}
    >
      <span className={looks("inline-flex items-center gap-[inherit]", busy && "opacity-0")}>
        {children}
      </span>
      {busy && (
        <span className="absolute inset-0 grid place-items-center">
          <Spinner />
        </span>
      )}
    </button>
  );
}

function swallow(event: MouseEvent) {
  event.preventDefault();
  event.stopPropagation();
}

/** A button that shows an icon only; `label` is its name. */
export function IconButton({
  label,
  className,
  ...props
}: Omit<ButtonProps, "aria-label"> & { label: string }) {
  return (
    <Button
      kind="quiet"
      {...props}
      aria-label={label}
      title={label}
      className={looks("aspect-square px-0!", className)}
    />
  );
}
