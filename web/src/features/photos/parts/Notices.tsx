import { Plural, Trans } from "@lingui/react/macro";
import { onlineManager } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { queue, useUploads } from "@/features/uploads";
import { useLiveState } from "@/lib/live";
import { Button, buttonLook } from "@/ui/Button";
import { Notice } from "@/ui/Notice";

/** What stands in the way of the page being as it should be. */
export function Notices({
  unfinished,
  failed,
}: {
  /** Whether anything here is still going to change. */
  unfinished: boolean;
  /** Whether photos could not be deleted. */
  failed: boolean;
}) {
  const online = useOnline();
  const live = useLiveState();
  // A stream that is opened anew is no news.
  const isDown = useLater(live === "down", 4000);
  return (
    <div className="grid gap-2 px-4 not-empty:pb-4 sm:px-8">
      {!online && (
        <Notice tone="warn" title={<Trans>You are offline</Trans>}>
          <Trans>
            What you see is safe, and photos that wait to be sent stay on this device. Everything
            goes on as soon as there is a connection.
          </Trans>
        </Notice>
      )}
      {online && isDown && unfinished && (
        <Notice title={<Trans>News comes a little later</Trans>}>
          <Trans>
            The live connection is interrupted; until it is back we look every few seconds.
          </Trans>
        </Notice>
      )}
      {failed && (
        <Notice tone="danger" title={<Trans>Not everything was deleted</Trans>}>
          <Trans>The photos that are still here are unchanged. Try it again.</Trans>
        </Notice>
      )}
      <Chosen />
    </div>
  );
}

/** Photos were chosen and the sheet closed: they are not forgotten. */
function Chosen() {
  const { uploads } = useUploads();
  const inSheet = useLocation({ select: ({ pathname }) => pathname === "/new" });
  const chosen = uploads.filter(({ stage }) => stage.is === "chosen");
  if (chosen.length === 0 || inSheet) return null;
  const drop = () => queue.dispatch({ is: "removed", ids: chosen.map(({ id }) => id) });
  return (
    <Notice
      title={<Plural value={chosen.length} one="# photo is chosen" other="# photos are chosen" />}
      action={
        <>
          <Link to="/new" search={(search) => search} className={buttonLook("secondary", "small")}>
            <Trans>Choose a style</Trans>
          </Link>
          <Button kind="quiet" size="small" onClick={drop}>
            <Trans>Discard</Trans>
          </Button>
        </>
      }
    >
      <Trans>Nothing is sent before you press “Stage”.</Trans>
    </Notice>
  );
}

function useOnline(): boolean {
  return useSyncExternalStore(
    (changed) => onlineManager.subscribe(changed),
    () => onlineManager.isOnline(),
  );
}

/** The value as soon as it has been true for so long. */
function useLater(value: boolean, milliseconds: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!value) return setLate(false);
    const timer = setTimeout(() => setLate(true), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return value && late;
}
