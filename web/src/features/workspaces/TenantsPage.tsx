import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, useRouteContext } from "@tanstack/react-router";
import { ChevronRight, Plus } from "lucide-react";
import { MyInvitations } from "@/features/join";
import { useLogOut } from "@/features/session";
import { Badge } from "@/ui/Badge";
import { Button, buttonLook } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { Heading } from "@/ui/Page";
import { type MyTenant, tenantsQuery } from "./api";

/** The workspaces of a person: which one today? */
export function TenantsPage() {
  const { person } = useRouteContext({ from: "/platform/tenants" });
  const { data: tenants } = useSuspenseQuery(tenantsQuery);
  const logOut = useLogOut();
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Your workspaces</Trans>
        </Heading>
        <p className="text-quiet [overflow-wrap:anywhere]">
          <Trans>Signed in as {person.user.email}</Trans>
        </p>
      </header>
      <MyInvitations />
      {tenants.length === 0 ? (
        <EmptyState title={<Trans>You are not in a workspace yet</Trans>}>
          <Trans>Make one of your own, or ask somebody for an invitation.</Trans>
        </EmptyState>
      ) : (
        <ul className="grid gap-2">
          {tenants.map((tenant) => (
            <li key={tenant.id}>
              <Tenant tenant={tenant} />
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-3">
        <Link to="/signup" className={buttonLook("secondary")}>
          <Plus aria-hidden className="size-4.5" />
          <Trans>New workspace</Trans>
        </Link>
        <Link to="/me" className={buttonLook("quiet")}>
          <Trans>Your account</Trans>
        </Link>
        <Button kind="quiet" busy={logOut.isPending} onClick={() => logOut.mutate()}>
          <Trans>Log out</Trans>
        </Button>
      </div>
    </div>
  );
}

function Tenant({ tenant }: { tenant: MyTenant }) {
  const { t } = useLingui();
  const roles: Record<string, string> = {
    owner: t`Owner`,
    admin: t`Admin`,
    member: t`Member`,
    viewer: t`Viewer`,
  };
  const host = new URL(tenant.url).host;
  const body = (
    <>
      <span aria-hidden className="size-3 shrink-0 rounded-full bg-brand" />
      <span className="grid min-w-0 flex-1">
        <span className="truncate font-medium">{tenant.name}</span>
        <span className="truncate text-caption text-quiet">
          {host} · {roles[tenant.role] ?? tenant.role}
        </span>
      </span>
    </>
  );
  const look =
    "flex min-h-18 items-center gap-4 rounded-card border border-line bg-surface px-4 py-3";
  if (tenant.status === "active") {
    return (
      <a
        href={`${tenant.url}/enter`}
        className={`${look} transition-colors duration-120 hover:bg-raised`}
      >
        {body}
        <ChevronRight aria-hidden className="size-5 shrink-0 text-quiet" />
      </a>
    );
  }
  return (
    <div className={look}>
      {body}
      {tenant.status === "suspended" ? (
        <Badge tone="danger">{t`Suspended`}</Badge>
      ) : (
        <Badge tone="warn">{t`Being made`}</Badge>
      )}
    </div>
  );
}
