import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Section } from "@/ui/Page";

/** What a new workspace does first. */
export function FirstSteps() {
  return (
    <Section
      title={<Trans>Three steps to begin with</Trans>}
      description={<Trans>The first takes a minute; the others can wait.</Trans>}
    >
      <ol className="grid divide-y divide-line">
        <Step to="/" title={<Trans>Furnish a room</Trans>}>
          <Trans>Add a photo of an empty room, or try an example.</Trans>
        </Step>
        <Step to="/office/brand" title={<Trans>Show your colours</Trans>}>
          <Trans>The workspace appears in them, for you and your people.</Trans>
        </Step>
        <Step to="/office/api-keys" title={<Trans>Connect your software</Trans>}>
          <Trans>With a key it sends photos without a person at the screen.</Trans>
        </Step>
      </ol>
    </Section>
  );
}

function Step({
  to,
  title,
  children,
}: {
  to: "/" | "/office/brand" | "/office/api-keys";
  title: ReactNode;
  children: ReactNode;
}) {
  return (
    <li>
      <Link to={to} className="group flex min-h-16 items-center justify-between gap-4 py-3">
        <span className="grid">
          <span className="font-medium group-hover:underline group-hover:underline-offset-4">
            {title}
          </span>
          <span className="text-quiet">{children}</span>
        </span>
        <ChevronRight aria-hidden className="size-5 shrink-0 text-quiet" />
      </Link>
    </li>
  );
}
