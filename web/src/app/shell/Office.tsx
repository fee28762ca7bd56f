import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { useCan } from "@/lib/access";

/** Around the pages about the workspace itself: a row of ways under the shell's. */
export function Office() {
  const { t } = useLingui();
  const ways = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the way that is current follows the path.
  useEffect(() => {
    // On a phone the row is wider than the window.
    const current = ways.current?.querySelector("[aria-current=page]");
    current?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [pathname]);
  const manages = useCan("tenant:manage");
  const makesKeys = useCan("api_keys:manage");
  const connects = useCan("sso:manage");
  return (
    <>
      <div className="border-line border-b">
        <nav
          ref={ways}
          aria-label={t`Office`}
          className="mx-auto flex max-w-content gap-6 overflow-x-auto px-4 sm:px-8"
        >
          <Way to="/office" exact>
            <Trans>Overview</Trans>
          </Way>
          <Way to="/office/usage">
            <Trans>Usage</Trans>
          </Way>
          <Way to="/office/team">
            <Trans>Team</Trans>
          </Way>
          {manages && (
            <Way to="/office/brand">
              <Trans>Brand</Trans>
            </Way>
          )}
          {manages && (
            <Way to="/office/security">
              <Trans>Security</Trans>
            </Way>
          )}
          {makesKeys && (
            <Way to="/office/api-keys">
              <Trans>API keys</Trans>
            </Way>
          )}
          {connects && (
            <Way to="/office/sso">
              <Trans>Single sign-on</Trans>
            </Way>
          )}
        </nav>
      </div>
      <Outlet />
    </>
  );
}

function Way({
  to,
  exact = false,
  children,
}: {
  to:
    | "/office"
    | "/office/usage"
    | "/office/team"
    | "/office/brand"
    | "/office/security"
    | "/office/api-keys"
    | "/office/sso";
  exact?: boolean;
  children: ReactNode;
}) {
  return (
    <Link
      to={to}
      activeOptions={{ exact }}
      className="flex min-h-12 items-center whitespace-nowrap border-transparent border-b-2 text-quiet transition-colors duration-120 hover:text-ink aria-[current=page]:border-brand aria-[current=page]:font-medium aria-[current=page]:text-ink"
    >
      {children}
    </Link>
  );
}
