import { Trans, useLingui } from "@lingui/react/macro";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useCan, useSession } from "@/lib/access";
import { formatTime } from "@/lib/format";
import { wordsFor } from "@/lib/refusals";
import { Badge } from "@/ui/Badge";
import { Button, buttonLook } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Page";
import { toast } from "@/ui/Toast";
import { signInQuery, useChangeSignIn } from "../api";
import { type RuleState, stateOf } from "../rules";

const RequireDialog = lazy(() => import("./RequireDialog"));

/** Whether everybody has to show a second factor. Owners decide. */
export function SecondFactorRule() {
  const { t } = useLingui();
  const { data: signIn } = useSuspenseQuery(signInQuery);
  const { proof } = useSession();
  const decides = useCan("sso:manage");
  const [isAsking, setAsking] = useState(false);
  const change = useChangeSignIn();
  const state = stateOf(signIn);
  const isOff = state.is === "off";
  const stop = () =>
    change.mutate(
      { mfa_required: false, grace_days: 0 },
      { onSuccess: () => toast({ title: t`Nobody is asked for a second factor any more.` }) },
    );
  return (
    <Section
      title={<Trans>A second factor for everybody</Trans>}
      description={
        <Trans>
          Besides the password, everybody shows a code of an app or a passkey. A password that
          somebody has found out then opens nothing.
        </Trans>
      }
      actions={
        decides &&
        (isOff ? (
          <Button onClick={() => setAsking(true)}>
            <Trans>Ask for it</Trans>
          </Button>
        ) : (
          <>
            <Button kind="secondary" busy={change.isPending} onClick={stop}>
              <Trans>Stop asking for it</Trans>
            </Button>
            {state.is === "due" && (
              <Button kind="secondary" onClick={() => setAsking(true)}>
                <Trans>Another date</Trans>
              </Button>
            )}
          </>
        ))
      }
    >
      {change.error && <Notice tone="danger">{wordsFor(change.error)}</Notice>}
      <State state={state} />
      {decides && isOff && !proof?.amr.includes("mfa") && (
        <Notice
          action={
            <Link to="/me" className={buttonLook("secondary", "small")}>
              <Trans>To your account</Trans>
            </Link>
          }
        >
          <Trans>
            You have shown none yourself in this session. Set one up first, in your account.
          </Trans>
        </Notice>
      )}
      {!decides && (
        <p className="text-caption text-quiet">
          <Trans>Only owners decide about this.</Trans>
        </p>
      )}
      <p className="text-caption text-quiet">
        <Trans>API keys go on working: they are no people.</Trans>
      </p>
      <Suspense>{isAsking && <RequireDialog onClose={() => setAsking(false)} />}</Suspense>
    </Section>
  );
}

function State({ state }: { state: RuleState }) {
  if (state.is === "off") {
    return (
      <Badge>
        <Trans>Everybody decides for themselves</Trans>
      </Badge>
    );
  }
  if (state.is === "on") {
    return (
      <Badge tone="success">
        <Trans>Everybody has to show one</Trans>
      </Badge>
    );
  }
  const time = formatTime(state.at);
  return (
    <Badge tone="warn">
      <span className="whitespace-normal">
        <Trans>Everybody has to show one from {time} on</Trans>
      </span>
    </Badge>
  );
}
