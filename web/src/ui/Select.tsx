import { Field } from "@base-ui/react/field";
import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { Fault } from "./Fault";
import { inputLook } from "./Field";
import { looks } from "./looks";
import { entryLook, popupLook } from "./Menu";

export type Choice<Value extends string> = { value: Value; label: string };

/** One of a few choices. */
export function Select<Value extends string>({
  name,
  label,
  hint,
  choices,
  value,
  defaultValue,
  onChange,
  className,
}: {
  name: string;
  label: ReactNode;
  hint?: ReactNode;
  choices: readonly Choice<Value>[];
  value?: Value;
  defaultValue?: Value;
  onChange?: (value: Value) => void;
  className?: string;
}) {
  return (
    <Field.Root name={name} className={looks("grid content-start gap-1.5", className)}>
      <Base.Root
        items={choices}
        {...(value === undefined ? {} : { value })}
        {...(defaultValue === undefined ? {} : { defaultValue })}
        onValueChange={(next) => {
          if (next !== null) onChange?.(next as Value);
        }}
      >
        <Base.Label className="font-medium text-caption">{label}</Base.Label>
        <Base.Trigger
          className={looks(
            inputLook,
            "flex cursor-default items-center justify-between gap-2 text-left",
          )}
        >
          <Base.Value className="truncate" />
          <Base.Icon>
            <ChevronsUpDown aria-hidden className="size-4 text-quiet" />
          </Base.Icon>
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner
            sideOffset={6}
            alignItemWithTrigger={false}
            className="z-50 outline-none"
          >
            <Base.Popup className={looks(popupLook, "min-w-(--anchor-width)")}>
              <Base.List>
                {choices.map((choice) => (
                  <Base.Item key={choice.value} value={choice.value} className={entryLook}>
                    <Base.ItemText className="flex-1">{choice.label}</Base.ItemText>
                    <Base.ItemIndicator>
                      <Check aria-hidden className="size-4 text-brand-text" />
                    </Base.ItemIndicator>
                  </Base.Item>
                ))}
              </Base.List>
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
      {hint && <Field.Description className="text-caption text-quiet">{hint}</Field.Description>}
      <Fault />
    </Field.Root>
  );
}
