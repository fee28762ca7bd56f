import { Trans } from "@lingui/react/macro";
import { useEffect, useRef } from "react";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";

type List = {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
};

/** The next page, before the end of this one is reached; and a button, for keyboards and after faults. */
export function More({ list }: { list: List }) {
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = list;
  useEffect(() => {
    if (!end.current || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return;
    const watch = new IntersectionObserver(
      (entries) => {
        // A busy page is told of several changes at once, and after the last of them of none any more.
        if (entries.some(({ isIntersecting }) => isIntersecting)) fetchNextPage();
      },
      { rootMargin: "1200px" },
    );
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  if (!hasNextPage) return <div className="h-24" />;
  return (
    <div ref={end} className="grid justify-items-center gap-4 px-4 py-8">
      {isFetchNextPageError && (
        <Notice tone="danger">
          <Trans>Older photos could not be loaded. They are safe; try again.</Trans>
        </Notice>
      )}
      <Button kind="secondary" busy={isFetchingNextPage} onClick={() => fetchNextPage()}>
        <Trans>Show older photos</Trans>
      </Button>
    </div>
  );
}
