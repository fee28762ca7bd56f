import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Building2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { keepWay, useStart, waysQuery } from "@/features/sso";
import { wordsFor } from "@/lib/refusals";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Typed } from "@/ui/Typed";

/** The ways to log in at one's company, above the others; or instead of them, where the workspace asks for
 * that, but for its owners. */
export function SsoWays({ next, children }: { next: string | undefined; children: ReactNode }) {
  const ways = useQuery(waysQuery).data;
  const start = useStart();
  const [isOwner, setOwner] = useState(false);
  if (!ways || ways.items.length === 0) return children;
  return (
    <div className="grid gap-6">
      {start.error && <Notice tone="danger">{wordsFor(start.error)}</Notice>}
      <div className="grid gap-3">
        {ways.items.map(({ id, name }) => (
          <Button
            key={id}
            kind={ways.is_enforced ? "primary" : "secondary"}
            busy={start.isPending && start.variables.connection_id === id}
            onClick={() => {
              keepWay(next);
              start.mutate({ connection_id: id });
            }}
            className="w-full"
          >
            <Building2 aria-hidden className="size-4.5" />
            <span className="truncate">
              <Trans>
                Log in with <Typed text={name} />
              </Trans>
            </span>
          </Button>
        ))}
      </div>
      {ways.is_enforced && !isOwner ? (
        <div className="grid justify-items-start gap-2 text-quiet">
          <p>
            <Trans>This workspace lets its people in by this log-in only.</Trans>
          </p>
          <button
            type="button"
            onClick={() => setOwner(true)}
            className="min-h-11 underline-offset-4 hover:underline"
          >
            <Trans>You own this workspace? Log in with your password</Trans>
          </button>
        </div>
      ) : (
        <>
          <p className="flex items-center gap-4 text-caption text-quiet before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            <Trans>or</Trans>
          </p>
          {children}
        </>
      )}
    </div>
  );
}
