import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "@/lib/api";
import { useBrand } from "@/lib/brand";
import { formState, wordsFor } from "@/lib/refusals";
import { Button, buttonLook } from "@/ui/Button";
import { Form } from "@/ui/Form";
import { OneMoment } from "@/ui/OneMoment";
import { Heading } from "@/ui/Page";
import { PasswordField } from "@/ui/PasswordField";
import { Typed } from "@/ui/Typed";
import { type ProofAsked, useConfirm, useFinish } from "./mutations";
import { keepTest, takeWay } from "./way";
import { useRefusals } from "./words";

const go = () => location.replace(takeWay());

/** Where a person comes back to from their company's log-in. */
export function ArrivalPage() {
  const { name } = useBrand();
  const [told] = useState(takeAll);
  const finish = useFinish();
  const refusals = useRefusals();
  const begun = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for this page
  useEffect(() => {
    if (begun.current || !told) return;
    begun.current = true;
    finish.mutate(told, {
      onSuccess: (finished) => {
        if (finished.outcome === "log_in") go();
        if (finished.outcome === "test") {
          keepTest(finished);
          location.replace("/office/sso");
        }
      },
    });
  }, []);
  if (finish.data?.outcome === "proof") return <Proof asked={finish.data} />;
  if (told && !finish.error) {
    return (
      <OneMoment>
        <Trans>
          <Typed text={name} /> is opening its door.
        </Trans>
      </OneMoment>
    );
  }
  return (
    <div className="grid gap-4">
      <Heading>
        <Trans>That did not work</Trans>
      </Heading>
      <p role="alert" className="text-quiet">
        {wordsFor(finish.error ?? new ApiError(403, { code: "sso_attempt_invalid" }), refusals)}
      </p>
      <a href="/login" className={buttonLook("primary")}>
        <Trans>Back to the log-in</Trans>
      </a>
    </div>
  );
}

/** There is an account with the same address: whoever knows its password connects both, once. */
function Proof({ asked }: { asked: ProofAsked }) {
  const { t } = useLingui();
  const confirm = useConfirm();
  const refusals = useRefusals();
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Is this account yours?</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>
            There is an account with your address. Its password connects it with your company’s
            log-in, once; after that you come in without.
          </Trans>
        </p>
      </header>
      <Form<{ password: string }>
        {...formState(
          confirm,
          {
            ...refusals,
            invalid_credentials: t`This is not the password of that account.`,
          },
          { at: { invalid_credentials: "password" } },
        )}
        onSubmit={({ password }) =>
          confirm.mutate({ confirmation: asked.confirmation, password }, { onSuccess: go })
        }
      >
        <p className="font-medium">
          <Typed text={asked.email} />
        </p>
        <input type="hidden" autoComplete="username" value={asked.email} readOnly />
        <PasswordField
          name="password"
          label={<Trans>Password</Trans>}
          required
          autoComplete="current-password"
        />
        <Button type="submit" busy={confirm.isPending}>
          <Trans>Connect and log in</Trans>
        </Button>
      </Form>
    </div>
  );
}

/** What the provider has sent back; null if nothing has come. It leaves the address and the history before
 * anything else. */
function takeAll() {
  const found = new URLSearchParams(location.hash.slice(1));
  if (location.hash) history.replaceState(history.state, "", location.pathname);
  const state = found.get("state");
  if (!state) return null;
  const [code, iss, error] = [found.get("code"), found.get("iss"), found.get("error")];
  return { state, ...(code && { code }), ...(iss && { iss }), ...(error && { error }) };
}
