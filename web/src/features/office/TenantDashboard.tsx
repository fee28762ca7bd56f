import { Trans } from "@lingui/react/macro";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UsageCards, usageQuery, useFreshUsage } from "@/features/usage";
import { buttonLook } from "@/ui/Button";
import { Page, Section } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { tenantQuery, useFreshRecent } from "./api";
import { DueNext } from "./parts/DueNext";
import { RecentPhotos } from "./parts/RecentPhotos";
import { TenantInfo } from "./parts/TenantInfo";

/** What is due next, what is left of the plan, what was furnished last, and what the workspace is. */
export function TenantDashboard() {
  const { data: tenant } = useSuspenseQuery(tenantQuery);
  useFreshUsage();
  useFreshRecent();
  return (
    <Page
      title={tenant.name}
      actions={
        <Link to="/" className={buttonLook("secondary")}>
          <Trans>All photos</Trans>
        </Link>
      }
    >
      <div className="grid gap-10">
        <DueNext />
        <Usage />
        <RecentPhotos />
        <TenantInfo tenant={tenant} />
      </div>
    </Page>
  );
}

function Usage() {
  const { data: usage, isError } = useQuery(usageQuery);
  return (
    <section className="grid gap-4">
      <div className="flex items-baseline justify-between gap-4">
        <h2 className="font-semibold text-title">
          <Trans>This month</Trans>
        </h2>
        <Link to="/office/usage" className="text-brand-text underline-offset-4 hover:underline">
          <Trans>More about usage</Trans>
        </Link>
      </div>
      {usage && <UsageCards usage={usage} />}
      {!usage && !isError && (
        <div className="grid gap-4 lg:grid-cols-3">
          {["staging", "storage", "calls"].map((each) => (
            <Skeleton key={each} className="h-46 rounded-card!" />
          ))}
        </div>
      )}
      {!usage && isError && (
        <Section
          title={<Trans>The figures cannot be read right now</Trans>}
          description={
            <Trans>Photos are furnished as usual, and counted. Look again in a minute.</Trans>
          }
        />
      )}
    </section>
  );
}
