import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { boot } from "@/lib/boot";
import { wordsFor } from "@/lib/refusals";
import { ConfirmDialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";
import { meQuery, ownTenantsQuery, useDeleteMe } from "../api";

/** Tells what ends with the account, and has the person type whose it is. */
export default function DeletionDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: tenants = [] } = useQuery(ownTenantsQuery);
  const deletion = useDeleteMe();
  const [typed, setTyped] = useState("");
  const [isMissing, setMissing] = useState(false);
  const isRight = typed.trim().toLowerCase() === me.email.toLowerCase();
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={<Trans>Delete your account?</Trans>}
      description={<Trans>Nobody can bring it back.</Trans>}
      confirm={<Trans>Delete it for good</Trans>}
      busy={deletion.isPending}
      onConfirm={() => (isRight ? deletion.mutate() : setMissing(true))}
    >
      {deletion.error && (
        <Notice
          tone="danger"
          action={
            <a
              href={`${boot.app_url}/tenants`}
              className="text-brand-text underline underline-offset-4"
            >
              <Trans>Your workspaces</Trans>
            </a>
          }
        >
          {wordsFor(deletion.error, {
            last_owner: t`You are the only owner of a workspace. Make somebody else an owner there first, on the page of its team.`,
          })}
        </Notice>
      )}
      <ul className="grid list-disc gap-1.5 pl-5">
        <li>
          <Trans>You are logged out everywhere at once, and your API keys stop working.</Trans>
        </li>
        {tenants.length > 0 && (
          <li>
            <Trans>You leave these workspaces:</Trans>{" "}
            {tenants.map(({ id, name }, index) => (
              <span key={id}>
                {index > 0 && ", "}
                <Typed text={name} />
              </span>
            ))}
            .
          </li>
        )}
        <li>
          <Trans>What you made there stays, without your name. It belongs to the workspace.</Trans>
        </li>
        <li>
          <Trans>Your name, address, password and second factors are forgotten.</Trans>
        </li>
        <li>
          <Trans>For 30 days nobody can make an account with your address.</Trans>
        </li>
      </ul>
      <Field
        name="email"
        type="email"
        label={<Trans>Type your address, {me.email}, to go on</Trans>}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setMissing(false);
        }}
        autoComplete="off"
        autoCapitalize="none"
      />
      {isMissing && (
        <p role="alert" className="text-caption text-danger">
          <Trans>That is not your address.</Trans>
        </p>
      )}
    </ConfirmDialog>
  );
}
