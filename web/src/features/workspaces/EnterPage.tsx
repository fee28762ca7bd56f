import { Trans } from "@lingui/react/macro";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { takeFromFragment } from "@/lib/address";
import { ApiError } from "@/lib/api";
import { boot } from "@/lib/boot";
import { useBrand } from "@/lib/brand";
import { wordsFor } from "@/lib/refusals";
import { Button, buttonLook } from "@/ui/Button";
import { OneMoment } from "@/ui/OneMoment";
import { Heading } from "@/ui/Page";
import { Typed } from "@/ui/Typed";
import { useEnter, useStartHandoff } from "./api";
import { keepDestination, takeDestination } from "./paths";

/** The door of a workspace for people whom the platform knows: it asks there who this is, and comes
 * back with a code that works once. */
export function EnterPage() {
  const { to, proof } = useSearch({ from: "/door/enter" });
  const [code] = useState(() => takeFromFragment("code"));
  const { name } = useBrand();
  const start = useStartHandoff();
  const enter = useEnter();
  const begun = useRef(false);
  const ask = () =>
    start.mutate(undefined, {
      onSuccess: (challenge) => {
        keepDestination(to);
        const wish = new URLSearchParams({ host: location.host, challenge });
        if (proof) wish.set("proof", proof);
        location.replace(`${boot.app_url}/handoff?${wish}`);
      },
    });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for this page
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    if (code) enter.mutate(code, { onSuccess: () => location.replace(takeDestination()) });
    else ask();
  }, []);
  const error = start.error ?? enter.error;
  if (!error) {
    return (
      <OneMoment>
        <Trans>
          <Typed text={name} /> is opening its door.
        </Trans>
      </OneMoment>
    );
  }
  return (
    <div className="grid gap-4">
      <Heading>
        <Trans>That did not work</Trans>
      </Heading>
      <p role="alert" className="text-quiet">
        <Words error={error} />
      </p>
      <div className="mt-2 flex flex-wrap gap-3">
        <Button busy={start.isPending} onClick={ask}>
          <Trans>Try again</Trans>
        </Button>
        <a href="/login" className={buttonLook("secondary")}>
          <Trans>Log in with a password</Trans>
        </a>
      </div>
    </div>
  );
}

function Words({ error }: { error: Error }) {
  const isRefused = error instanceof ApiError && error.status < 500 && error.status !== 429;
  if (!isRefused) return wordsFor(error);
  return (
    <Trans>This way in works once, for a minute, and only in the browser that asked for it.</Trans>
  );
}
