import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCan } from "@/lib/access";

/** Around the pages about the workspace itself: a row of ways under the shell's. */
export function Office() {
  const { t } = useLingui();
  const manages = useCan("tenant:manage");
  const makesKeys = useCan("api_keys:manage");
  const connects = useCan("sso:manage");
  return (
    <>
      <div className="border-line border-b">
        <nav
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
