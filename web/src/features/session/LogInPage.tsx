import { Trans } from "@lingui/react/macro";
import { useRouter, useSearch } from "@tanstack/react-router";
import { boot } from "@/lib/boot";
import { Heading } from "@/ui/Page";
import { LogInForm } from "./LogInForm";

export function LogInPage() {
  const router = useRouter();
  const { next } = useSearch({ from: "/door/login" });
  return (
    <div className="grid gap-8">
      <header className="grid gap-1">
        <Heading>
          <Trans>Welcome back</Trans>
        </Heading>
        <p className="text-quiet">
          <Trans>Log in to {boot.name}</Trans>
        </p>
      </header>
      <LogInForm onDone={() => router.history.push(next ?? "/")} />
    </div>
  );
}
