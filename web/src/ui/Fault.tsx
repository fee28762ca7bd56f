import { Field as Base } from "@base-ui/react/field";
import { faultWords, type Limits } from "@/lib/faults";

type Validity = Omit<ValidityState, "valid"> & { valid: boolean | null };

/** What is wrong with a field, below it: what the browser finds in the language of the page, which need not be
 * the browser's, and what the server says of it (`errors` of the form). `type` is that of the input. */
export function Fault({ type = "text", ...limits }: Limits & { type?: string | undefined }) {
  return (
    <Base.Validity>
      {({ validity }) => {
        const kind = kindOf(validity, type);
        return (
          <Base.Error
            className="text-caption text-danger"
            {...(kind && { children: faultWords(kind, limits) })}
          />
        );
      }}
    </Base.Validity>
  );
}

/** The kind of mistake that a browser has found; null if it found none. */
function kindOf(validity: Validity, type: string): string | null {
  if (validity.valueMissing) return "missing";
  if (validity.typeMismatch) return type;
  if (validity.tooShort) return "too_short";
  if (validity.tooLong) return "too_long";
  if (validity.rangeUnderflow || validity.rangeOverflow || validity.stepMismatch) return "number";
  return validity.badInput ? "number" : null;
}
