import { Form as Base } from "@base-ui/react/form";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { looks } from "./looks";
import { Notice } from "./Notice";

/** The same values again within this time, in ms, are one wish that was sent twice. */
const MOMENT = 400;

/** How the call of a form stands: `formState` of `lib/refusals` tells it. */
type FormState = {
  busy?: boolean;
  /** Why the last try was refused. */
  refusal?: Error | null;
  /** That in words, where it is about no field. */
  notice?: ReactNode;
  /** What is wrong with fields, by name; the same object until something else is wrong. */
  errors?: Record<string, string> | undefined;
};

/** A form whose values arrive by the names of its fields. While it is `busy` it is not sent again. */
export function Form<Values extends Record<string, unknown>>({
  onSubmit,
  busy = false,
  refusal = null,
  notice,
  errors,
  way,
  className,
  children,
}: FormState & {
  onSubmit: (values: Values) => void;
  /** The way on from what the notice says. */
  way?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  const sent = useRef<{ at: number; values: string } | null>(null);
  // What was refused may be sent again at once, also if nothing was changed.
  useEffect(() => {
    if (refusal) sent.current = null;
  }, [refusal]);
  // They stay until the next answer, which then takes the focus to the first field that is wrong.
  const [shown, setShown] = useState(errors);
  if (!busy && shown !== errors) setShown(errors);
  return (
    <Base
      className={looks("grid content-start gap-5", className)}
      errors={shown}
      onFormSubmit={(values) => {
        const now = { at: performance.now(), values: JSON.stringify(values) };
        const last = sent.current;
        const again = last?.values === now.values && now.at - last.at < MOMENT;
        if (busy || again) return;
        sent.current = now;
        onSubmit(values as Values);
      }}
    >
      {notice && (
        <Notice tone="danger" action={way}>
          {notice}
        </Notice>
      )}
      {children}
    </Base>
  );
}
