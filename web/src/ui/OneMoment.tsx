import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Heading } from "./Page";
import { Spinner } from "./Spinner";

/** A whole page while something goes on that leads elsewhere by itself; `children` say what. */
export function OneMoment({ children }: { children: ReactNode }) {
  return (
    <div role="status" className="grid gap-4">
      <Heading>
        <Trans>One moment</Trans>
      </Heading>
      <p className="flex items-center gap-3 text-quiet">
        <Spinner />
        {children}
      </p>
    </div>
  );
}
