import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, type ReactNode, Suspense } from "react";
import { formState, wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Form } from "@/ui/Form";
import { Notice } from "@/ui/Notice";
import { PasswordField } from "@/ui/PasswordField";
import { Skeleton } from "@/ui/Skeleton";
import type { Way } from "../ways";

// Most people have none, so the log-in does not wait for its code.
const CodeField = lazy(() => import("./CodeField"));

/** Shows one way to prove who one is, and leads to the others. `round` grows with each code that was wrong: a new
 * one is typed into an empty field. */
export function Proving({
  ways,
  way,
  onWay,
  email,
  round,
  busy,
  error,
  onAnswer,
  passkey,
  children,
}: {
  ways: readonly Way[];
  way: Way;
  onWay: (way: Way) => void;
  /** Whose password it is. */
  email?: string | undefined;
  round: number;
  busy: boolean;
  error: Error | null;
  onAnswer: (way: Way, answer: string) => void;
  /** The button for a passkey. */
  passkey: ReactNode;
  /** What else can be done, beside the other ways. */
  children?: ReactNode;
}) {
  const { t } = useLingui();
  const choices: Record<Way, string> = {
    password: t`Use your password`,
    totp: t`Use a code of your app`,
    passkey: t`Use a passkey`,
    recovery_code: t`Use a recovery code`,
  };
  const words = {
    wrong_password: t`That is not your password.`,
    wrong_code:
      way === "recovery_code"
        ? t`That is none of your codes, or was used already.`
        : t`That code is wrong, or was used already. Wait for the next one.`,
    wrong_passkey: t`That passkey is not one of yours.`,
  };
  const others = ways.filter((each) => each !== way);
  return (
    <div className="grid gap-5">
      {way === "passkey" ? (
        <>
          {error && <Notice tone="danger">{wordsFor(error, words)}</Notice>}
          {passkey}
        </>
      ) : (
        <Form<{ answer: string }>
          key={way === "totp" ? round : way}
          {...formState({ isPending: busy, error }, words, {
            at: { wrong_password: "answer", wrong_code: "answer" },
          })}
          onSubmit={({ answer }) => onAnswer(way, answer)}
        >
          <Answer way={way} email={email} />
          <Button type="submit" busy={busy}>
            <Trans>Go on</Trans>
          </Button>
        </Form>
      )}
      {(others.length > 0 || children) && (
        <div className="-mx-3 flex flex-wrap gap-x-2">
          {others.map((each) => (
            <Button key={each} kind="quiet" size="small" onClick={() => onWay(each)}>
              {choices[each]}
            </Button>
          ))}
          {children}
        </div>
      )}
    </div>
  );
}

function Answer({ way, email = "" }: { way: Way; email?: string | undefined }) {
  if (way === "totp") {
    return (
      <Suspense fallback={<Skeleton className="h-26" />}>
        <CodeField />
      </Suspense>
    );
  }
  if (way === "recovery_code") {
    return (
      <Field
        name="answer"
        label={<Trans>Recovery code</Trans>}
        hint={<Trans>One of those that you kept. It works once.</Trans>}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={40}
        required
        autoFocus
      />
    );
  }
  return (
    <>
      {/* Whose password it is, for password managers. */}
      <input
        type="email"
        autoComplete="username"
        value={email}
        readOnly
        tabIndex={-1}
        aria-hidden
        className="sr-only"
      />
      <PasswordField
        name="answer"
        label={<Trans>Password</Trans>}
        required
        autoComplete="current-password"
        autoFocus
      />
    </>
  );
}
