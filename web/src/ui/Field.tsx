import { Field as Base } from "@base-ui/react/field";
import type { ComponentProps, ReactNode } from "react";
import { Fault } from "./Fault";
import { looks } from "./looks";

export const inputLook = looks(
  "h-control w-full rounded-input border border-field bg-surface px-3 text-base text-ink",
  "transition-colors duration-120 placeholder:text-quiet",
  "focus:border-brand-ring focus:outline-2 focus:-outline-offset-1 focus:outline-brand-ring",
  "data-invalid:border-danger disabled:bg-raised disabled:text-quiet",
  "[&[readonly]]:bg-raised [&[readonly]]:text-quiet",
);

type FieldProps = Omit<
  ComponentProps<typeof Base.Control>,
  "name" | "className" | "autoComplete"
> & {
  name: string;
  label: ReactNode;
  /** What a browser and a password manager may fill in (HTML, autofill field names); `off` for nothing. */
  autoComplete: string;
  /** One sentence under the field, always there. */
  hint?: ReactNode;
  /** Something at the end of the field, inside it. */
  end?: ReactNode;
  className?: string;
};

/** A labelled input. What is wrong with it stands below it. */
export function Field({ name, label, hint, end, className, ...control }: FieldProps) {
  return (
    <Base.Root name={name} className={looks("grid content-start gap-1.5", className)}>
      <Base.Label className="font-medium text-caption">{label}</Base.Label>
      <div className="relative">
        <Base.Control {...control} className={looks(inputLook, Boolean(end) && "pr-12")} />
        {end && <div className="absolute inset-y-0 right-1 flex items-center">{end}</div>}
      </div>
      {hint && <Base.Description className="text-caption text-quiet">{hint}</Base.Description>}
      <Fault
        type={control.type}
        least={control.minLength ?? limitOf(control.min)}
        most={limitOf(control.max)}
      />
    </Base.Root>
  );
}

function limitOf(value: number | string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
