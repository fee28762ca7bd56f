import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { buttonLook } from "@/ui/Button";
import { Heading } from "@/ui/Page";

export function NotFoundPage() {
  return (
    <main className="mx-auto grid min-h-[70dvh] max-w-door content-center gap-4 px-4 py-12">
      <Heading className="text-title!">
        <Trans>There is no such page</Trans>
      </Heading>
      <p className="text-quiet">
        <Trans>It may have been moved or deleted, or the address has a mistake.</Trans>
      </p>
      <div className="mt-2">
        <Link to="/" className={buttonLook()}>
          <Trans>To the start page</Trans>
        </Link>
      </div>
    </main>
  );
}
