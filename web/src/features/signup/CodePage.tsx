import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, useRouteContext } from "@tanstack/react-router";
import { WorkspaceArrival } from "@/features/workspaces";
import { ApiError } from "@/lib/api";
import { formState, type Words } from "@/lib/refusals";
import { Button, buttonLook } from "@/ui/Button";
import { Form } from "@/ui/Form";
import { OtpField } from "@/ui/OtpField";
import { Heading } from "@/ui/Page";
import { PasswordField } from "@/ui/PasswordField";
import { useConfirm } from "./api";
import { Resend } from "./parts/Resend";

/** The code from the mail and a password; then straight into the workspace. */
export function CodePage() {
  const { pending } = useRouteContext({ from: "/door/signup/code" });
  const confirm = useConfirm(pending.id);
  if (confirm.data) return <WorkspaceArrival tenantId={confirm.data.tenant.id} />;
  const refusal = confirm.error instanceof ApiError ? confirm.error : null;
  const isOver = refusal?.status === 410 || refusal?.status === 404;
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Check your mail</Trans>
        </Heading>
        <p className="text-quiet [overflow-wrap:anywhere]">
          <Trans>A code is on its way to {pending.email}.</Trans>
        </p>
      </header>
      <Form<{ code: string; password: string }>
        {...formState(confirm, wordsOfRefusals(), { at: { invalid_code: "code" } })}
        way={
          isOver && (
            <Link to="/signup" className={buttonLook("secondary", "small")}>
              <Trans>Sign up again</Trans>
            </Link>
          )
        }
        onSubmit={(values) => confirm.mutate(values)}
      >
        {/* For password managers, which would keep the code as the name otherwise. */}
        <input
          type="email"
          autoComplete="username"
          value={pending.email}
          readOnly
          tabIndex={-1}
          aria-hidden
          className="sr-only"
        />
        <OtpField name="code" label={<Trans>Code</Trans>} autoFocus />
        <PasswordField
          name="password"
          label={<Trans>Choose a password</Trans>}
          hint={<Trans>At least eight characters. A few words are good.</Trans>}
          required
          minLength={8}
          autoComplete="new-password"
        />
        <Button type="submit" size="large" busy={confirm.isPending}>
          <Trans>Open my workspace</Trans>
        </Button>
      </Form>
      <Resend signupId={pending.id} />
    </div>
  );
}

function wordsOfRefusals(): Words {
  const isOver = t`This sign-up has expired. Sign up again: it takes a minute.`;
  return {
    invalid_code: t`That is not the code of the newest mail. Look once more.`,
    code_exhausted: t`Too many wrong codes. Sign up again for a new one.`,
    slug_taken: t`Somebody took that address meanwhile. Sign up again with another one.`,
    404: isOver,
    410: isOver,
  };
}
