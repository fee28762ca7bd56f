import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import { type ReactNode, useId } from "react";
import { looks } from "./looks";

export type Option<Value extends string> = { value: Value; label: ReactNode; picture?: ReactNode };

/** One of a few that are all shown: words in a row, or pictures in a grid. */
export function ChoiceGroup<Value extends string>({
  name,
  label,
  options,
  value,
  onChange,
  pictures = false,
}: {
  name: string;
  label: ReactNode;
  options: readonly Option<Value>[];
  value: Value | null;
  onChange: (value: Value) => void;
  pictures?: boolean;
}) {
  const id = useId();
  return (
    <div className="grid gap-2">
      <div id={id} className="font-medium text-caption">
        {label}
      </div>
      <RadioGroup
        name={name}
        aria-labelledby={id}
        value={value}
        onValueChange={(next) => onChange(next as Value)}
        className={pictures ? "grid grid-cols-2 gap-3 sm:grid-cols-3" : "flex flex-wrap gap-2"}
      >
        {options.map((option) => (
          <Radio.Root
            key={option.value}
            value={option.value}
            nativeButton
            render={<button type="button" />}
            className={looks(
              "text-left transition-colors duration-120",
              pictures
                ? "overflow-hidden rounded-card border border-line bg-surface data-checked:border-brand-ring data-checked:outline-2 data-checked:-outline-offset-1 data-checked:outline-brand-ring"
                : "h-control rounded-button border border-line bg-surface px-4 hover:bg-raised data-checked:border-transparent data-checked:bg-ink data-checked:text-canvas",
            )}
          >
            {option.picture}
            <span className={pictures ? "block px-3 py-2.5 font-medium" : ""}>{option.label}</span>
          </Radio.Root>
        ))}
      </RadioGroup>
    </div>
  );
}
