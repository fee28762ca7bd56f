import { queries } from "@/lib/queries";
import { readSession, sessionQuery } from "@/lib/session";

/** A page that the browser kept and shows again, as Back does, is as old as when it was left. If somebody
 * else is signed in by now, or nobody, it is made anew; else what it shows is read again. */
export function renewWhenShownAgain(): void {
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) void renew();
  });
}

async function renew(): Promise<void> {
  const before = queries.getQueryData(sessionQuery.queryKey);
  // Not by the query: the page could not be shown without its session, not even until it is made anew.
  const now = await readSession().catch(() => before);
  if (now?.user?.id === before?.user?.id) await queries.invalidateQueries();
  else location.reload();
}
