import { Trans } from "@lingui/react/macro";
import { useEffect } from "react";
import { Heading } from "@/ui/Page";
import { Spinner } from "@/ui/Spinner";
import { Typed } from "@/ui/Typed";
import { forgetSecret } from "../secret";

/** One belongs to the workspace now; in we go. */
export function Arrival({ url, name }: { url: string; name: string }) {
  useEffect(() => {
    forgetSecret();
    location.replace(`${url}/enter`);
  }, [url]);
  return (
    <div role="status" className="grid gap-4">
      <Heading>
        <Trans>
          Welcome to <Typed text={name} />
        </Trans>
      </Heading>
      <p className="flex items-center gap-3 text-quiet">
        <Spinner />
        <Trans>You are on your way.</Trans>
      </p>
    </div>
  );
}
