import { Trans } from "@lingui/react/macro";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { Heading } from "@/ui/Page";
import { LogInForm } from "./LogInForm";

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
          <Trans>Log in, then choose a workspace.</Trans>
        </p>
      </header>
      <LogInForm onDone={() => router.history.push(next ?? "/tenants")} />
      <p className="flex flex-wrap gap-x-6 gap-y-2 text-quiet">
        <Link to="/reset" className="underline-offset-4 hover:underline">
          <Trans>Forgot your password?</Trans>
        </Link>
        <Link to="/signup" className="underline-offset-4 hover:underline">
          <Trans>Make a workspace</Trans>
        </Link>
      </p>
    </div>
  );
}
