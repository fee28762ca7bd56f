import { Form as Base } from "@base-ui/react/form";
import { type ReactNode, useRef } from "react";
import { looks } from "./looks";

/** Until what was sent makes the form busy. */
const MOMENT = 400;

/** A form whose values arrive by the names of its fields. While it is `busy` it is not sent again. */
export function Form<Values extends Record<string, unknown>>({
  onSubmit,
  busy = false,
  errors,
  className,
  children,
}: {
  onSubmit: (values: Values) => void;
  busy?: boolean;
  /** What the server says of fields, by name. */
  errors?: Record<string, string> | undefined;
  className?: string;
  children: ReactNode;
}) {
  const sent = useRef(Number.NEGATIVE_INFINITY);
  return (
    <Base
      className={looks("grid content-start gap-5", className)}
      errors={errors}
      onFormSubmit={(values) => {
        const now = performance.now();
        if (busy || now - sent.current < MOMENT) return;
        sent.current = now;
        onSubmit(values as Values);
      }}
    >
      {children}
    </Base>
  );
}
