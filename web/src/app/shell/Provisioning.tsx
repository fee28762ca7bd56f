import { Trans } from "@lingui/react/macro";
import { useEffect } from "react";
import { useBrand } from "@/lib/brand";
import { Heading } from "@/ui/Page";
import { Spinner } from "@/ui/Spinner";
import { Typed } from "@/ui/Typed";

const PAUSE = 2_000;

/** A workspace that is being made. As soon as it is there, the page goes on by itself. */
export function Provisioning() {
  const { name } = useBrand();
  useEffect(() => {
    const timer = setInterval(() => {
      void isReady().then((ready) => {
        if (ready) location.reload();
      });
    }, PAUSE);
    return () => clearInterval(timer);
  }, []);
  return (
    <main className="mx-auto grid min-h-dvh max-w-door content-center gap-4 px-4">
      <Spinner className="size-6 text-brand-text" />
      <Heading>
        <Trans>Your workspace is being made</Trans>
      </Heading>
      <p className="text-quiet">
        <Trans>
          <Typed text={name} /> is ready in a few seconds. This page goes on by itself.
        </Trans>
      </p>
    </main>
  );
}

/** Whether the gateway would now write another status into this page. */
async function isReady(): Promise<boolean> {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } }).catch(
    () => null,
  );
  return answer !== null && !/"status":\s*"provisioning"/.test(await answer.text());
}
