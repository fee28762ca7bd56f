import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCan } from "@/lib/access";
import { Page } from "@/ui/Page";

/** Around the pages about the people of the workspace: below the heading, the ways from one to another. */
export function TeamPlace({
  title,
  lead,
  actions,
  children,
}: {
  title: ReactNode;
  lead: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const canManage = useCan("members:manage");
  return (
    <Page title={title} lead={lead} actions={actions}>
      <nav aria-label={t`Team`} className="-mt-2 mb-6 flex flex-wrap gap-2">
        <Way to="/office/team">
          <Trans>People</Trans>
        </Way>
        {canManage && (
          <Way to="/office/team/invitations">
            <Trans>Invitations</Trans>
          </Way>
        )}
        <Way to="/office/team/roles">
          <Trans>Roles</Trans>
        </Way>
      </nav>
      <div className="grid gap-6">{children}</div>
    </Page>
  );
}

function Way({
  to,
  children,
}: {
  to: "/office/team" | "/office/team/invitations" | "/office/team/roles";
  children: ReactNode;
}) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: true, includeSearch: false }}
      className="flex h-9 items-center rounded-button border border-line px-3.5 text-quiet transition-colors duration-120 hover:bg-raised hover:text-ink aria-[current=page]:border-transparent aria-[current=page]:bg-ink aria-[current=page]:font-medium aria-[current=page]:text-canvas pointer-coarse:h-11"
    >
      {children}
    </Link>
  );
}
