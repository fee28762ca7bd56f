import { Trans } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useSession } from "@/lib/access";
import { formatDate } from "@/lib/format";

/** The workspace will ask for a second factor, and this session has none yet. */
export function FactorDue() {
  const { second_factor_due_at: due } = useSession();
  if (!due) return null;
  const date = formatDate(due);
  return (
    <p
      role="status"
      className="flex flex-wrap items-center justify-center gap-x-4 border-line border-b bg-raised px-4 py-2 text-center"
    >
      <Trans>From {date} on, you need a second factor here.</Trans>
      <Link to="/me" className="font-medium text-brand-text underline underline-offset-4">
        <Trans>Set one up</Trans>
      </Link>
    </p>
  );
}
