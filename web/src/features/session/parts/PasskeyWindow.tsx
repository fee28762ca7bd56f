import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { useEntered } from "../entered";

const WAY = "/enter?proof=passkey&to=/entered";
const LOOK = "popup,width=520,height=720";

/** Shows a passkey on the platform's host in a window of its own, so that this page stays as it is. `onDone`
 * must stay the same function. */
export function PasskeyWindow({ onDone }: { onDone: () => void }) {
  const [isRefused, setRefused] = useState(false);
  useEntered(onDone);
  return (
    <>
      {isRefused && (
        <Notice tone="warn">
          <Trans>Your browser has kept a window from opening. Allow it, then try again.</Trans>
        </Notice>
      )}
      <Button
        kind="secondary"
        onClick={() => setRefused(window.open(WAY, "_blank", LOOK) === null)}
      >
        <Trans>Use a passkey</Trans>
      </Button>
    </>
  );
}
