import { Trans } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Building2, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useCan, useFeature } from "@/lib/access";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { Notice } from "@/ui/Notice";
import { Page } from "@/ui/Page";
import { connectionsQuery } from "./api";
import { ConnectionCard } from "./parts/ConnectionCard";
import { TestResult } from "./parts/TestResult";
import { takeTest } from "./way";

// Forms come when somebody asks for one.
const NewConnection = lazy(() => import("./parts/NewConnection"));

/** How the workspace's people log in at their company. */
export function SsoPage() {
  if (!useCan("sso:manage")) {
    return (
      <Page title={<Trans>Single sign-on</Trans>}>
        <EmptyState title={<Trans>Owners look after the log-in</Trans>}>
          <Trans>Ask an owner of this workspace if something about it should change.</Trans>
        </EmptyState>
      </Page>
    );
  }
  return <Connections />;
}

function Connections() {
  const connections = useSuspenseQuery(connectionsQuery).data;
  const isIncluded = useFeature("sso");
  const [isAdding, setAdding] = useState(false);
  const [tested] = useState(takeTest);
  const add = (
    <Button onClick={() => setAdding(true)}>
      <Plus aria-hidden className="size-4.5" />
      <Trans>Connect a provider</Trans>
    </Button>
  );
  const isEmpty = connections.length === 0;
  return (
    <Page
      title={<Trans>Single sign-on</Trans>}
      lead={<Trans>Your people log in where they log in at work.</Trans>}
      actions={isIncluded && !isEmpty && !isAdding && add}
    >
      <div className="grid gap-6">
        {tested && <TestResult tested={tested} />}
        {!isIncluded && (
          <Notice title={<Trans>Your plan does not include single sign-on</Trans>}>
            {isEmpty ? (
              <Trans>With the Enterprise plan, people log in at your company.</Trans>
            ) : (
              <Trans>What is connected goes on working; you cannot connect more.</Trans>
            )}
          </Notice>
        )}
        {isAdding && (
          <Suspense>
            <NewConnection onClose={() => setAdding(false)} />
          </Suspense>
        )}
        {isEmpty && isIncluded && !isAdding && (
          <EmptyState
            picture={<Building2 aria-hidden className="mx-auto size-10" />}
            title={<Trans>No provider yet</Trans>}
            action={add}
          >
            <Trans>
              Microsoft Entra, Okta, Google, Keycloak or any other that speaks OpenID Connect.
            </Trans>
          </EmptyState>
        )}
        {connections.map((connection) => (
          <ConnectionCard key={connection.id} connection={connection} />
        ))}
      </div>
    </Page>
  );
}
