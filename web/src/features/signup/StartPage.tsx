import { Trans } from "@lingui/react/macro";
import { Heading } from "@/ui/Page";

export function StartPage() {
  return (
    <div className="grid gap-4">
      <Heading>
        <Trans>Empty rooms, furnished</Trans>
      </Heading>
      <p className="text-quiet">
        <Trans>Take a photo of an empty room and see it as a home, a minute later.</Trans>
      </p>
    </div>
  );
}
