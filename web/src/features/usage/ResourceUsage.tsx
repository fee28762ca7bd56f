import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { formatDate } from "@/lib/format";
import { Page, Section } from "@/ui/Page";
import { Table } from "@/ui/Table";
import { type MeterState, type Usage, usageQuery, useFreshUsage } from "./api";
import { Freshness } from "./parts/Freshness";
import { formatAmount, useMeterNames } from "./parts/names";
import { UsageCards } from "./parts/UsageCards";

/** What is used and what is left, in cards and, for those who read figures, in a table. */
export function ResourceUsage() {
  const { data: usage } = useSuspenseQuery(usageQuery);
  useFreshUsage();
  const start = formatDate(usage.period.start);
  const end = formatDate(usage.period.end);
  const isUnused = usage.meters.every(({ used, reserved }) => used + reserved === 0);
  return (
    <Page
      title={<Trans>Usage</Trans>}
      lead={
        isUnused ? (
          <Trans>Nothing used since {start}.</Trans>
        ) : (
          <Trans>
            Since {start}. Photos and API calls start again on {end}.
          </Trans>
        )
      }
    >
      <div className="grid gap-6">
        <UsageCards usage={usage} />
        <Freshness usage={usage} />
        <Section
          title={<Trans>What counts</Trans>}
          description={
            <Trans>
              A photo counts once it is furnished: one that fails, or that you cancel in time, does
              not. Storage is what your photos take, those in the trash too. At a limit nothing is
              deleted: reading and downloading go on.
            </Trans>
          }
        >
          <Figures usage={usage} />
        </Section>
      </div>
    </Page>
  );
}

function Figures({ usage }: { usage: Usage }) {
  const { t } = useLingui();
  const names = useMeterNames();
  const amount = (meter: MeterState, value: number | null) =>
    value === null ? t`no limit` : formatAmount(meter, value);
  return (
    <Table<MeterState>
      caption={t`Usage of this period`}
      rows={usage.meters}
      rowKey={({ meter }) => meter}
      columns={[
        { title: t`What`, cell: ({ meter }) => names[meter] },
        { title: t`Used`, figure: true, cell: (meter) => amount(meter, meter.used) },
        { title: t`On its way`, figure: true, cell: (meter) => amount(meter, meter.reserved) },
        { title: t`Included`, figure: true, cell: (meter) => amount(meter, meter.limit) },
        { title: t`Left`, figure: true, cell: (meter) => amount(meter, meter.remaining) },
      ]}
    />
  );
}
