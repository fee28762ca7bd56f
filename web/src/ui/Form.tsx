import { Form as Base } from "@base-ui/react/form";
import { type ReactNode, useRef } from "react";
import { looks } from "./looks";

/** The same values again within this time, in ms, are one wish that was sent twice. */
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
  const sent = useRef({ at: Number.NEGATIVE_INFINITY, values: "" });
  return (
    <Base
      className={looks("grid content-start gap-5", className)}
      errors={errors}
      onFormSubmit={(values) => {
        const now = { at: performance.now(), values: JSON.stringify(values) };
        const again = now.values === sent.current.values && now.at - sent.current.at < MOMENT;
        if (busy || again) return;
        sent.current = now;
        onSubmit(values as Values);
      }}
    >
      {children}
    </Base>
  );
}
