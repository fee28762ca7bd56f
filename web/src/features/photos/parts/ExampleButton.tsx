import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Button } from "@/ui/Button";
import { exampleFile } from "../examples";
import { useTakeFiles } from "./AddPhotos";

/** For those who have no photo at hand. */
export function ExampleButton() {
  const take = useTakeFiles();
  const [busy, setBusy] = useState(false);
  const begin = async () => {
    setBusy(true);
    try {
      await take([await exampleFile("living_room")]);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button kind="secondary" busy={busy} onClick={() => void begin()}>
      <Trans>Try it with an example photo</Trans>
    </Button>
  );
}
