import { Trans } from "@lingui/react/macro";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { boot } from "@/lib/boot";
import { useBrand } from "@/lib/brand";
import { Heading } from "@/ui/Page";
import { Typed } from "@/ui/Typed";
import { LogInForm } from "./LogInForm";

export function LogInPage() {
  const router = useRouter();
  const { name } = useBrand();
  const { next } = useSearch({ from: "/door/login" });
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Welcome back</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>
            Log in to <Typed text={name} />
          </Trans>
        </p>
      </header>
      <LogInForm onDone={() => router.history.push(next ?? "/")} />
      <p className="flex flex-wrap gap-x-6 gap-y-2 text-quiet">
        <a href={`${boot.app_url}/reset`} className="underline-offset-4 hover:underline">
          <Trans>Forgot your password?</Trans>
        </a>
        <Link
          to="/enter"
          search={next ? { to: next } : {}}
          className="underline-offset-4 hover:underline"
        >
          <Trans>You are signed in elsewhere? Come in without a password</Trans>
        </Link>
      </p>
    </div>
  );
}
