import { lazy, Suspense, useEffect, useState } from "react";
import { useSession } from "@/lib/access";
import { expiry } from "@/lib/expiry";
import { whenIdle } from "@/lib/idle";
import { useStore } from "@/lib/store";
import { followSession } from "./api";

const loadDialog = () => import("./ExpiredDialog");
const ExpiredDialog = lazy(loadDialog);

/** What happens when the session ends under an open page: here, or in another tab. */
export function SessionEnd() {
  const ended = useStore(expiry.ended);
  // Who it was when the page was opened; the session itself may be read anew meanwhile.
  const [{ user }] = useState(useSession());
  useEffect(() => {
    // If there is no connection now, it is loaded when it is needed.
    whenIdle(() => void loadDialog().catch(() => undefined));
    return followSession();
  }, []);
  return <Suspense>{ended && <ExpiredDialog user={user} />}</Suspense>;
}
