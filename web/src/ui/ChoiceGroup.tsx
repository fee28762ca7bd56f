import { type ReactNode, useId } from "react";
import { looks } from "./looks";

type Option<Value extends string> = { value: Value; label: ReactNode; picture?: ReactNode };

const focusLook =
  "has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-brand-ring";

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
  // Two groups of one name on a page would be one to the browser.
  const group = `${name} ${useId()}`;
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-2 font-medium text-caption">{label}</legend>
      <div className={pictures ? "grid grid-cols-2 gap-3 sm:grid-cols-3" : "flex flex-wrap gap-2"}>
        {options.map((option) => (
          <label
            key={option.value}
            className={looks(
              "relative cursor-pointer transition-colors duration-120",
              pictures
                ? "overflow-hidden rounded-card border border-line bg-surface has-checked:border-brand-ring has-checked:outline-2 has-checked:-outline-offset-1 has-checked:outline-brand-ring has-focus-visible:outline-3 has-focus-visible:outline-brand-ring"
                : looks(
                    "flex h-control items-center rounded-button border border-line bg-surface px-4 hover:bg-raised has-checked:border-transparent has-checked:bg-ink has-checked:text-canvas",
                    focusLook,
                  ),
            )}
          >
            <input
              type="radio"
              name={group}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="absolute inset-0 size-full cursor-pointer appearance-none opacity-0"
            />
            {option.picture}
            <span className={pictures ? "block px-3 py-2.5 font-medium" : ""}>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
