import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Heading } from "@/ui/Page";
import { Spinner } from "@/ui/Spinner";
import { tenantsQuery } from "./api";

const LOOK_MS = 700;

/** A new workspace is being made; as soon as it is there, in we go. */
export function WorkspaceArrival({ tenantId }: { tenantId: string }) {
  const { data: tenants } = useQuery({
    ...tenantsQuery,
    refetchInterval: LOOK_MS,
    retry: true,
  });
  const url = tenants?.find(({ id, status }) => id === tenantId && status === "active")?.url;
  useEffect(() => {
    if (url) location.assign(`${url}/enter`);
  }, [url]);
  return (
    <div role="status" className="grid gap-4">
      <Heading>
        <Trans>Your workspace is being made</Trans>
      </Heading>
      <p className="flex items-center gap-3 text-quiet">
        <Spinner />
        <Trans>A few seconds, and you are in.</Trans>
      </p>
    </div>
  );
}
