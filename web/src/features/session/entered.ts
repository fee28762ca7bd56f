import { useEffect } from "react";

const CHANNEL = "stagify:entered";

/** Tell the other pages of this host that somebody has come in, in this window. */
export function tellEntered(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("entered");
  channel.close();
}

/** Hear that somebody has come in, in another window. */
export function useEntered(listener: () => void): void {
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.addEventListener("message", listener);
    return () => channel.close();
  }, [listener]);
}
