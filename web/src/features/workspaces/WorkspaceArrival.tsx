import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiError } from "@/lib/api";
import { buttonLook } from "@/ui/Button";
import { Heading } from "@/ui/Page";
import { Spinner } from "@/ui/Spinner";
import { tenantsQuery } from "./api";

const LOOK_MS = 700;

/** A new workspace is being made; as soon as it is there, in we go. */
export function WorkspaceArrival({ tenantId }: { tenantId: string }) {
  const { data: tenants, error } = useQuery({
    ...tenantsQuery,
    refetchInterval: LOOK_MS,
    retry: (_, failure) => !isSignedOut(failure),
  });
  const url = tenants?.find(({ id, status }) => id === tenantId && status === "active")?.url;
  useEffect(() => {
    if (url) location.assign(`${url}/enter`);
  }, [url]);
  if (isSignedOut(error)) {
    return (
      <div className="grid justify-items-start gap-4">
        <Heading>
          <Trans>Your workspace is being made</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>Log in, and you are in it.</Trans>
        </p>
        <a href="/login" className={buttonLook()}>
          <Trans>Log in</Trans>
        </a>
      </div>
    );
  }
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

/** A browser may keep no cookies; then the person has to say once more who they are. */
function isSignedOut(error: Error | null): boolean {
  return error instanceof ApiError && error.status === 401;
}
