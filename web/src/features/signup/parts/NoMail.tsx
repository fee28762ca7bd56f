import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";

/** No mail came: begin again, perhaps with another address. */
export function NoMail() {
  return (
    <p className="border-line border-t pt-6 text-quiet">
      <Trans>
        No mail? Look among the unwanted ones, or{" "}
        <Link to="/signup" className="text-brand-text underline underline-offset-4">
          sign up again
        </Link>
        .
      </Trans>
    </p>
  );
}
