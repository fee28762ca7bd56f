import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "@/lib/api";
import { wordsFor } from "@/lib/refusals";
import { showTheme } from "@/lib/theme";
import { Button, buttonLook } from "@/ui/Button";
import { Heading } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { offerQuery } from "./api";
import { OfferShown } from "./parts/OfferShown";
import { forgetSecret, takeSecret } from "./secret";
import { useJoinWords } from "./words";

/** An invitation, opened from its mail, or a link that several people have: who asks whom, and yes or no. */
export function JoinPage() {
  const [token, setToken] = useState(takeSecret);
  useEffect(() => {
    // Another mail's link opened in this very tab changes nothing but the fragment.
    const take = () => setToken(takeSecret);
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);
  return token ? <Offered key={token} token={token} /> : <NoSecret />;
}

function Offered({ token }: { token: string }) {
  const { data: offer, error, isFetching, refetch } = useQuery(offerQuery(token));
  const tokens = offer?.brand.tokens;
  // In the colours of the workspace, for as long as it is about it.
  useEffect(() => (tokens ? showTheme(tokens) : undefined), [tokens]);
  if (offer) return <OfferShown offer={offer} token={token} />;
  if (error) return <Refused error={error} busy={isFetching} onRetry={() => void refetch()} />;
  return (
    <div className="grid gap-4">
      <Skeleton className="h-9 w-3/4" />
      <Skeleton className="h-6 w-1/2" />
      <Skeleton className="h-60" />
    </div>
  );
}

/** The invitation cannot be shown: it is over, or nobody could be asked. */
function Refused({ error, busy, onRetry }: { error: Error; busy: boolean; onRetry: () => void }) {
  const words = useJoinWords();
  const isOver = error instanceof ApiError && error.status === 410;
  const isUsed = error instanceof ApiError && error.code === "invitation_used";
  useEffect(() => {
    if (isOver) forgetSecret();
  }, [isOver]);
  return (
    <div className="grid gap-4">
      <Heading>
        {isOver ? (
          <Trans>This invitation is over</Trans>
        ) : (
          <Trans>The invitation cannot be shown</Trans>
        )}
      </Heading>
      <p role="alert" className="text-quiet">
        {wordsFor(error, words)}{" "}
        {isUsed && <Trans>If it was you, you find the workspace among yours.</Trans>}
      </p>
      <div className="mt-2 flex flex-wrap gap-3">
        {!isOver && (
          <Button busy={busy} onClick={onRetry}>
            <Trans>Try again</Trans>
          </Button>
        )}
        <a href="/tenants" className={buttonLook(isOver ? "primary" : "secondary")}>
          <Trans>My workspaces</Trans>
        </a>
      </div>
    </div>
  );
}

function NoSecret() {
  return (
    <div className="grid gap-4">
      <Heading>
        <Trans>There is no invitation here</Trans>
      </Heading>
      <p className="text-quiet">
        <Trans>
          Open the link of the mail once more, and check that the address was copied to its end.
        </Trans>
      </p>
      <a href="/tenants" className={`${buttonLook("secondary")} justify-self-start`}>
        <Trans>My workspaces</Trans>
      </a>
    </div>
  );
}
