import { Field } from "@base-ui/react/field";
import { OTPField as Base } from "@base-ui/react/otp-field";
import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Fault } from "./Fault";
import { inputLook } from "./Field";
import { looks } from "./looks";

/** The figures of a code that came by mail; a paste fills them all, and the last one sends the form. */
export function OtpField({
  name,
  label,
  hint,
  length = 6,
  autoFocus = false,
}: {
  name: string;
  label: ReactNode;
  hint?: ReactNode;
  length?: number;
  autoFocus?: boolean;
}) {
  const { t } = useLingui();
  const places = Array.from({ length }, (_, index) => index + 1);
  return (
    <Field.Root name={name} className="grid gap-1.5">
      <Field.Label className="font-medium text-caption">{label}</Field.Label>
      <Base.Root
        length={length}
        required
        autoSubmit
        className="grid auto-cols-fr grid-flow-col gap-2"
      >
        {places.map((place) => (
          <Base.Input
            key={place}
            autoFocus={autoFocus && place === 1}
            aria-label={place === 1 ? undefined : t`Digit ${place} of ${length}`}
            className={looks(inputLook, "tnum h-14! px-0! text-center font-semibold text-title!")}
          />
        ))}
      </Base.Root>
      {hint && <Field.Description className="text-caption text-quiet">{hint}</Field.Description>}
      <Fault />
    </Field.Root>
  );
}
