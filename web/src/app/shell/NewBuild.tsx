import { Trans, useLingui } from "@lingui/react/macro";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { isHeld } from "@/lib/hold";
import { useStore } from "@/lib/store";
import { Button, IconButton } from "@/ui/Button";
import { isOutdated } from "../update";

const PAUSE = 1_000;

/** Says that there is a new version; not while something on the page would be lost by it. */
export function NewBuild() {
  const { t } = useLingui();
  const outdated = useStore(isOutdated);
  const [calm, setCalm] = useState(false);
  useEffect(() => {
    if (!outdated) return;
    const look = () => setCalm(!isHeld());
    look();
    const timer = setInterval(look, PAUSE);
    return () => clearInterval(timer);
  }, [outdated]);
  if (!outdated || !calm) return null;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center justify-center gap-x-4 gap-y-1 border-line border-b bg-raised px-4 py-1"
    >
      <p>
        <Trans>A new version is ready.</Trans>
      </p>
      <span className="flex items-center">
        <Button kind="quiet" size="small" onClick={() => location.reload()}>
          <Trans>Reload</Trans>
        </Button>
        <IconButton label={t`Later`} size="small" onClick={() => isOutdated.set(false)}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </span>
    </div>
  );
}
