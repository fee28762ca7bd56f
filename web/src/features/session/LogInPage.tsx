import { Trans } from "@lingui/react/macro";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { boot } from "@/lib/boot";
import { useBrand } from "@/lib/brand";
import { buttonLook } from "@/ui/Button";
import { Heading } from "@/ui/Page";
import { Typed } from "@/ui/Typed";
import { LogIn } from "./LogIn";
import { SsoWays } from "./parts/SsoWays";

export function LogInPage() {
  const router = useRouter();
  const { name } = useBrand();
  const { next } = useSearch({ from: "/door/login" });
  const to = next ? { to: next } : {};
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
      <SsoWays next={next}>
        <LogIn
          onDone={() => router.history.push(next ?? "/")}
          links={
            <>
              <a href={`${boot.app_url}/reset`} className="underline-offset-4 hover:underline">
                <Trans>Forgot your password?</Trans>
              </a>
              <Link to="/enter" search={to} className="underline-offset-4 hover:underline">
                <Trans>Signed in elsewhere? Come in without a password</Trans>
              </Link>
              <a href={`${boot.app_url}/tenants`} className="underline-offset-4 hover:underline">
                <Trans>Another workspace?</Trans>
              </a>
            </>
          }
          passkey={
            <Link
              to="/enter"
              search={{ ...to, proof: "passkey" }}
              preload={false}
              className={buttonLook("secondary")}
            >
              <Trans>Log in with a passkey</Trans>
            </Link>
          }
        />
      </SsoWays>
    </div>
  );
}
