import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useRouteContext, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { ShowPasskey, useLogOut } from "@/features/session";
import { ApiError } from "@/lib/api";
import { wordsFor } from "@/lib/refusals";
import { Button, buttonLook } from "@/ui/Button";
import { OneMoment } from "@/ui/OneMoment";
import { Heading } from "@/ui/Page";
import { Typed } from "@/ui/Typed";
import { tenantsQuery, useHandOff } from "./api";
import { isFresh } from "./paths";

/** A workspace asks who this is: hand the person over, if they belong there; with a passkey, if it asks for one. */
export function HandoffPage() {
  const { t } = useLingui();
  const { host, challenge, proof } = useSearch({ from: "/platform/handoff" });
  const { person } = useRouteContext({ from: "/platform/handoff" });
  const { data: tenants, error: unread } = useQuery(tenantsQuery);
  const handOff = useHandOff();
  const logOut = useLogOut();
  const begun = useRef(false);
  const [isProved, setProved] = useState(proof === undefined || isFresh(person.proof));
  const go = useCallback(() => setProved(true), []);
  const tenant = tenants?.find(({ url }) => new URL(url).host === host);
  const { mutate } = handOff;
  useEffect(() => {
    if (begun.current || !tenant || !isProved) return;
    begun.current = true;
    mutate({ tenant_id: tenant.id, challenge }, { onSuccess: (url) => location.replace(url) });
  }, [tenant, challenge, mutate, isProved]);
  const isStranger = tenants !== undefined && !tenant;
  const error = handOff.error ?? unread;
  const isElsewhere = error instanceof ApiError && error.code === "sso_required";
  if (tenant && !isProved) return <ShowPasskey host={host} onDone={go} />;
  if (!isStranger && !error) {
    return (
      <OneMoment>
        <Trans>You are on your way.</Trans>
      </OneMoment>
    );
  }
  return (
    <div className="grid gap-4">
      <Heading>
        {isStranger ? (
          <Trans>You do not belong to this workspace</Trans>
        ) : (
          <Trans>That did not work</Trans>
        )}
      </Heading>
      <p role="alert" className="text-quiet [overflow-wrap:anywhere]">
        {isStranger ? (
          <Trans>
            You are signed in as {person.user.email}, who is not a member of <Typed text={host} />.
          </Trans>
        ) : (
          error &&
          wordsFor(error, {
            sso_required: t`This workspace lets its people in by their company’s log-in only.`,
          })
        )}
      </p>
      <div className="mt-2 flex flex-wrap gap-3">
        {isElsewhere && (
          <a href={`${tenant?.url}/login`} className={buttonLook("primary")}>
            <Trans>Go to its log-in</Trans>
          </a>
        )}
        <Link to="/tenants" className={buttonLook(isElsewhere ? "secondary" : "primary")}>
          <Trans>My workspaces</Trans>
        </Link>
        <Button kind="secondary" busy={logOut.isPending} onClick={() => logOut.mutate()}>
          <Trans>Use another account</Trans>
        </Button>
      </div>
    </div>
  );
}
