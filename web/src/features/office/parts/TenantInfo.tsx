import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { formatDate } from "@/lib/format";
import { Badge } from "@/ui/Badge";
import { Section } from "@/ui/Page";
import type { Tenant } from "../api";

/** What the workspace is: its address, plan, region and age. */
export function TenantInfo({ tenant }: { tenant: Tenant }) {
  const { t } = useLingui();
  const statuses: Record<string, ReactNode> = {
    active: <Badge tone="success">{t`Active`}</Badge>,
    provisioning: <Badge tone="warn">{t`Being made`}</Badge>,
    suspended: <Badge tone="danger">{t`Suspended`}</Badge>,
  };
  return (
    <Section title={<Trans>Workspace</Trans>}>
      <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-2 lg:grid-cols-3">
        <Fact name={t`Address`}>{new URL(tenant.url).host}</Fact>
        <Fact name={t`Status`}>{statuses[tenant.status] ?? tenant.status}</Fact>
        <Fact name={t`Plan`}>{PLANS[tenant.plan] ?? tenant.plan}</Fact>
        <Fact name={t`Kind`}>{tenant.type === "individual" ? t`One person` : t`Organization`}</Fact>
        <Fact name={t`Region`}>{tenant.region.toUpperCase()}</Fact>
        <Fact name={t`Here since`}>{formatDate(tenant.created_at)}</Fact>
      </dl>
    </Section>
  );
}

// Plans have names of their own, which are not translated.
const PLANS: Record<string, string> = { free: "Free", pro: "Pro", enterprise: "Enterprise" };

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid min-w-0 gap-0.5">
      <dt className="text-caption text-quiet">{name}</dt>
      <dd className="[overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}
