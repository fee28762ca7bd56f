import { Trans } from "@lingui/react/macro";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { ServiceAccounts } from "@/features/service-accounts";
import { useCan } from "@/lib/access";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { Page, Section } from "@/ui/Page";
import { ShowMore } from "@/ui/ShowMore";
import { apiKeysQuery } from "./api";
import { ApiKeys } from "./parts/ApiKeys";
import { CurlExample } from "./parts/CurlExample";

// Forms come when somebody asks for one.
const NewKey = lazy(() => import("./parts/NewKey"));

/** Keys for programs: who has which, and what they may do. */
export function ApiKeysPage() {
  const canManage = useCan("api_keys:manage");
  if (!canManage) {
    return (
      <Page title={<Trans>API keys</Trans>}>
        <EmptyState title={<Trans>Keys are kept by those who run the workspace</Trans>}>
          <Trans>Ask an owner or admin for a key, or for a role that may make one.</Trans>
        </EmptyState>
      </Page>
    );
  }
  return <Keys />;
}

function Keys() {
  const [isMaking, setMaking] = useState(false);
  const list = useSuspenseInfiniteQuery(apiKeysQuery);
  const keys = list.data.pages.flatMap(({ items }) => items);
  const make = (
    <Button onClick={() => setMaking(true)}>
      <Plus aria-hidden className="size-4.5" />
      <Trans>New key</Trans>
    </Button>
  );
  return (
    <Page
      title={<Trans>API keys</Trans>}
      lead={<Trans>For programs that furnish photos by themselves.</Trans>}
      actions={keys.length > 0 && !isMaking && make}
    >
      {isMaking && (
        <div className="mb-8">
          <Suspense>
            <NewKey onClose={() => setMaking(false)} />
          </Suspense>
        </div>
      )}
      {keys.length === 0 && !isMaking && (
        <EmptyState title={<Trans>No keys yet</Trans>} action={make}>
          <Trans>
            A key lets your listing software send photos without a person at the screen.
          </Trans>
        </EmptyState>
      )}
      {keys.length > 0 && (
        <Section title={<Trans>Keys</Trans>}>
          <ApiKeys keys={keys} />
          <ShowMore of={list} />
        </Section>
      )}
      <div className="mt-6 grid gap-6">
        <ServiceAccounts />
        <CurlExample />
      </div>
    </Page>
  );
}
