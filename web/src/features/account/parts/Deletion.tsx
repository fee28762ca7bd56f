import { Trans } from "@lingui/react/macro";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/ui/Button";
import { Section } from "@/ui/Page";

const DeletionDialog = lazy(() => import("./DeletionDialog"));

/** The end of the account. */
export function Deletion() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Section
      title={<Trans>Delete your account</Trans>}
      description={<Trans>In all workspaces, for good.</Trans>}
      actions={
        <Button kind="danger" onClick={() => setOpen(true)}>
          <Trans>Delete my account</Trans>
        </Button>
      }
    >
      <Suspense>{isOpen && <DeletionDialog onClose={() => setOpen(false)} />}</Suspense>
    </Section>
  );
}
