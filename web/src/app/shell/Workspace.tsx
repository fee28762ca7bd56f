import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Outlet } from "@tanstack/react-router";
import { Images, LayoutDashboard, UserRound, UsersRound } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { loadPhotosEverywhere } from "@/features/photos";
import { SessionEnd, StepUp, useFreshSession } from "@/features/session";
import { useCan } from "@/lib/access";
import { startLive } from "@/lib/live";
import { suspectNewBuild } from "../update";
import { Brand } from "./Brand";
import { FactorDue } from "./FactorDue";

// Menus are heavy, and nobody opens one before the page is there.
const PersonMenu = lazy(() => import("./PersonMenu"));
const PhotosEverywhere = lazy(loadPhotosEverywhere);

/** Around every page of a workspace: the brand, the ways, the person. On a phone the ways are at the
 * bottom, where the thumb is. */
export function Workspace() {
  const { t } = useLingui();
  useFreshSession();
  useEffect(() => {
    const { state } = startLive();
    let wasDown = false;
    return state.follow(() => {
      if (state.get() === "open" && wasDown) suspectNewBuild();
      wasDown = state.get() === "down";
    });
  }, []);
  return (
    <>
      <a
        href="#main"
        className="sr-only z-60 rounded-button bg-ink px-4 py-2 text-canvas focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        <Trans>Skip to the content</Trans>
      </a>
      <header className="sticky top-0 z-30 border-line border-b bg-canvas">
        <div className="flex h-16 items-center gap-8 px-4 sm:px-8">
          <Brand />
          <nav aria-label={t`Pages`} className="hidden flex-1 gap-1 sm:flex">
            <Ways />
          </nav>
          <div className="ml-auto max-sm:hidden">
            <Suspense fallback={<span className="block size-11" />}>
              <PersonMenu />
            </Suspense>
          </div>
        </div>
      </header>
      <main id="main" className="pb-[calc(4rem+env(safe-area-inset-bottom))] sm:pb-0">
        <FactorDue />
        <Outlet />
      </main>
      <nav
        aria-label={t`Pages`}
        className="fixed inset-x-0 bottom-0 z-30 grid auto-cols-fr grid-flow-col border-line border-t bg-canvas pb-[env(safe-area-inset-bottom)] sm:hidden"
      >
        <Ways />
      </nav>
      <Suspense>
        <PhotosEverywhere />
      </Suspense>
      <SessionEnd />
      <StepUp />
    </>
  );
}

function Ways() {
  // Those who neither pay nor manage have no use for the office, but for the people in it.
  const manages = useCan("tenant:manage");
  return (
    <>
      <Way to="/" exact icon={<Images aria-hidden className="size-5" />}>
        <Trans>Photos</Trans>
      </Way>
      {manages ? (
        <Way to="/office" icon={<LayoutDashboard aria-hidden className="size-5" />}>
          <Trans>Office</Trans>
        </Way>
      ) : (
        <Way to="/office/team" icon={<UsersRound aria-hidden className="size-5" />}>
          <Trans>Team</Trans>
        </Way>
      )}
      <span className="contents sm:hidden">
        <Way to="/me" icon={<UserRound aria-hidden className="size-5" />}>
          <Trans>You</Trans>
        </Way>
      </span>
    </>
  );
}

function Way({
  to,
  exact = false,
  icon,
  children,
}: {
  to: "/" | "/office" | "/office/team" | "/me";
  exact?: boolean;
  icon: ReactNode;
  children: ReactNode;
}) {
  return (
    <Link
      to={to}
      activeOptions={{ exact, includeSearch: false }}
      className="flex min-h-16 flex-col items-center justify-center gap-0.5 text-caption text-quiet transition-colors duration-120 hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink sm:min-h-10 sm:rounded-button sm:px-3.5 sm:text-body sm:aria-[current=page]:bg-raised"
    >
      <span className="sm:hidden">{icon}</span>
      {children}
    </Link>
  );
}
