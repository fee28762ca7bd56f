import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { buttonLook } from "@/ui/Button";
import { Compare } from "@/ui/Compare";
import { looks } from "@/ui/looks";
import { Heading } from "@/ui/Page";
import { PhotoFrame } from "@/ui/PhotoFrame";
import after from "./pictures/after.webp";
import before from "./pictures/before.webp";

/** What this is, shown by one room; the way in, and the way to a workspace of one's own. */
export function StartPage() {
  const { t } = useLingui();
  return (
    <div className="mx-auto grid min-h-dvh max-w-content grid-rows-[auto_1fr_auto] px-4 sm:px-8">
      <header className="flex h-16 items-center justify-between gap-4">
        <span className="font-semibold tracking-tight">StagifyAI</span>
        <Link to="/login" className={buttonLook("quiet")}>
          <Trans>Log in</Trans>
        </Link>
      </header>
      <main className="grid content-center gap-8 py-8 lg:grid-cols-[5fr_7fr] lg:items-center lg:gap-14">
        <div className="grid gap-5">
          <Heading className="text-balance sm:text-figure">
            <Trans>Empty rooms, furnished</Trans>
          </Heading>
          <p className="max-w-prose text-lead text-quiet">
            <Trans>
              Take a photo of an empty room. A minute later buyers see a home: the same walls, the
              same light, with furniture that fits.
            </Trans>
          </p>
          <div className="mt-2 flex flex-wrap items-center gap-4">
            <Link
              to="/signup"
              className={looks(buttonLook("primary", "large"), "max-sm:px-4! max-sm:text-body!")}
            >
              <Trans>Start with ten free photos</Trans>
            </Link>
            <span className="text-quiet">
              <Trans>No card.</Trans>
            </span>
          </div>
        </div>
        <Compare
          start={45}
          className="rounded-card"
          before={<PhotoFrame eager ratio="3/2" src={before} alt={t`An empty bedroom`} />}
          after={<PhotoFrame eager ratio="3/2" src={after} alt={t`The same room, furnished`} />}
        />
      </main>
      <footer className="flex flex-wrap gap-x-6 gap-y-2 py-6 text-caption text-quiet">
        <a href="/docs" className="underline-offset-4 hover:underline">
          <Trans>API reference</Trans>
        </a>
        <span>
          <Trans>Furnished photos are labelled as such, unless you choose otherwise.</Trans>
        </span>
      </footer>
    </div>
  );
}
