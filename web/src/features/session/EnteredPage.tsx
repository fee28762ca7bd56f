import { Trans } from "@lingui/react/macro";
import { useEffect } from "react";
import { Heading } from "@/ui/Page";
import { tellEntered } from "./entered";

/** The end of a way in that began over another page, in a window of its own. */
export function EnteredPage() {
  useEffect(() => {
    tellEntered();
    window.close();
  }, []);
  return (
    <div className="grid gap-4" role="status">
      <Heading>
        <Trans>It is you</Trans>
      </Heading>
      <p className="text-quiet">
        <Trans>Close this window: the page where you were goes on.</Trans>
      </p>
    </div>
  );
}
