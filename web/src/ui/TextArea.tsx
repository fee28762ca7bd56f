import { Field as Base } from "@base-ui/react/field";
import type { ComponentProps, ReactNode } from "react";
import { Fault } from "./Fault";
import { inputLook } from "./Field";
import { looks } from "./looks";

/** A labelled input of several lines. */
export function TextArea({
  name,
  label,
  hint,
  className,
  ...control
}: Omit<ComponentProps<"textarea">, "name" | "className"> & {
  name: string;
  label: ReactNode;
  hint?: ReactNode;
  className?: string;
}) {
  return (
    <Base.Root name={name} className={looks("grid content-start gap-1.5", className)}>
      <Base.Label className="font-medium text-caption">{label}</Base.Label>
      <Base.Control
        render={
          <textarea {...control} className={looks(inputLook, "h-auto! resize-y py-2 leading-6")} />
        }
      />
      {hint && <Base.Description className="text-caption text-quiet">{hint}</Base.Description>}
      <Fault />
    </Base.Root>
  );
}
