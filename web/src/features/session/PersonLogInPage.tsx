import { Trans } from "@lingui/react/macro";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { Heading } from "@/ui/Page";
import { LogIn } from "./LogIn";

/** On the platform's host: who are you? Which workspace comes next. */
export function PersonLogInPage() {
  const router = useRouter();
  const { next } = useSearch({ from: "/door/login" });
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Welcome back</Trans>
        </Heading>
        <p className="text-quiet">
          {next?.startsWith("/handoff") ? (
            <Trans>Log in, and you are back in your workspace.</Trans>
          ) : (
            <Trans>Log in, then choose a workspace.</Trans>
          )}
        </p>
      </header>
      <LogIn
        onDone={() => router.history.push(next ?? "/tenants")}
        passkey={null}
        links={
          <>
            <Link to="/reset" className="underline-offset-4 hover:underline">
              <Trans>Forgot your password?</Trans>
            </Link>
            <Link to="/signup" className="underline-offset-4 hover:underline">
              <Trans>Make a workspace</Trans>
            </Link>
          </>
        }
      />
    </div>
  );
}
