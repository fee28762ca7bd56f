import { Trans } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import { rolesQuery, type Tested } from "../api";
import { useRoleName } from "../words";

/** What the provider has said of whoever has tested it. */
export function TestResult({ tested }: { tested: Tested }) {
  const roleName = useRoleName();
  const roles = useSuspenseQuery(rolesQuery).data;
  const role = roles.find(({ key }) => key === tested.role);
  const groups = tested.groups?.join(", ");
  return (
    <Notice tone="success" title={<Trans>The log-in works</Trans>}>
      <div className="grid gap-1">
        <p>
          {tested.email === null ? (
            <Trans>Your provider names no address: nobody new can come in by it.</Trans>
          ) : tested.is_email_trusted ? (
            <Trans>
              It knows you as <Typed text={tested.email} />, in a domain that is proved.
            </Trans>
          ) : (
            <Trans>
              It knows you as <Typed text={tested.email} />. Prove that domain, or nobody new can
              come in by it.
            </Trans>
          )}
        </p>
        <p>
          {tested.groups === null ? (
            <Trans>It does not say which groups you are in.</Trans>
          ) : groups ? (
            <Trans>
              Your groups: <Typed text={groups} />
            </Trans>
          ) : (
            <Trans>It names no groups.</Trans>
          )}
        </p>
        {role && (
          <p>
            <Trans>
              Somebody new with these groups would be: <Typed text={roleName(role)} />. Your own
              role stays.
            </Trans>
          </p>
        )}
      </div>
    </Notice>
  );
}
