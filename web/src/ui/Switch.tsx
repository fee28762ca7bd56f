import { Switch as Base } from "@base-ui/react/switch";
import type { ReactNode } from "react";

/** On or off, at once. */
export function Switch({
  label,
  hint,
  checked,
  onChange,
  disabled = false,
}: {
  label: ReactNode;
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside is the control
    <label className="flex min-h-11 items-center justify-between gap-4">
      <span className="grid">
        <span className="font-medium">{label}</span>
        {hint && <span className="text-caption text-quiet">{hint}</span>}
      </span>
      <Base.Root
        checked={checked}
        onCheckedChange={(next) => onChange(next)}
        disabled={disabled}
        className="flex h-6 w-10 shrink-0 rounded-full bg-field p-0.5 transition-colors duration-120 data-checked:bg-brand data-disabled:opacity-50"
      >
        <Base.Thumb className="size-5 rounded-full bg-canvas transition-[translate] duration-120 ease-out data-checked:translate-x-4" />
      </Base.Root>
    </label>
  );
}
