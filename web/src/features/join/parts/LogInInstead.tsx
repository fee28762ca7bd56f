import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";

/** For those who have an account: they log in and come back, while the tab keeps the secret. */
export function LogInInstead() {
  return (
    <p className="text-quiet">
      <Trans>
        Have an account already?{" "}
        <Link
          to="/login"
          search={{ next: "/join" }}
          className="text-brand-text underline underline-offset-4"
        >
          Log in
        </Link>
      </Trans>
    </p>
  );
}
