import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { readColor } from "@/lib/contrast";
import { Field } from "@/ui/Field";

/** A colour, picked or typed. */
export function ColorField({
  name,
  label,
  hint,
  value,
  onChange,
}: {
  name: string;
  label: string;
  hint: ReactNode;
  value: string;
  onChange: (text: string) => void;
}) {
  const { t } = useLingui();
  return (
    <Field
      name={name}
      label={label}
      hint={hint}
      value={value}
      onValueChange={onChange}
      required
      maxLength={64}
      spellCheck={false}
      autoComplete="off"
      end={
        <input
          type="color"
          aria-label={t`Pick: ${label}`}
          value={readColor(value) ?? "#000000"}
          onChange={(event) => onChange(event.target.value)}
          className="size-9 cursor-pointer rounded-input border-0 bg-transparent p-1"
        />
      }
    />
  );
}
