import { Trans } from "@lingui/react/macro";
import { Button } from "./Button";

type Pages = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

/** The way to the rest of a list that comes in pages; nothing once all of it is there. */
export function ShowMore({ of }: { of: Pages }) {
  if (!of.hasNextPage) return null;
  return (
    <Button
      kind="secondary"
      busy={of.isFetchingNextPage}
      onClick={() => void of.fetchNextPage()}
      className="justify-self-center"
    >
      <Trans>Show more</Trans>
    </Button>
  );
}
