import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@/lib/api";
import { expiry } from "@/lib/expiry";
import { leave as endAll } from "@/lib/leaving";
import { stopLive } from "@/lib/live";
import { setLocale, setLook } from "@/lib/preferences";
import { type PersonSession, type Session, sessionQuery } from "@/lib/session";

export type Credentials = { email: string; password: string };

export function useLogIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: Credentials) =>
      (await data(api.POST("/v1/session", { body }))) as Session | PersonSession,
    onSuccess: (session) => {
      expiry.armed = true;
      queries.setQueryData(sessionQuery.queryKey, session as Session);
      // A new browser looks as the person is used to.
      if (session.user?.theme) setLook(session.user.theme);
      if (session.user?.locale) setLocale(session.user.locale);
    },
  });
}

export function useLogOut() {
  return useMutation({
    mutationFn: () => data(api.DELETE("/v1/session")),
    onSuccess: () => leave(),
  });
}

const CHANNEL = "stagify:session";
const PATIENCE = 500;
let left = false;

/** Forget everything of this person, here and in the other tabs, and show the log-in. */
async function leave(told = false): Promise<void> {
  // This page hears its own word to the others, too.
  if (left) return;
  left = true;
  endAll();
  stopLive();
  expiry.armed = false;
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith("stagify:")) localStorage.removeItem(key);
  }
  if (!told) {
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage("left");
    channel.close();
  }
  // While Chromium clears the storage, which the answer tells it to, its databases may never answer.
  await Promise.race([forgetDatabases(), new Promise((go) => setTimeout(go, PATIENCE))]);
  // The page is made anew, so nothing of the person stays in memory. Until then it shows what it has:
  // whatever it asked for now would be refused.
  location.replace("/login");
}

/** Photos that had not been sent yet, of whoever used this browser. */
async function forgetDatabases(): Promise<void> {
  const all = await indexedDB.databases().catch(() => []);
  await Promise.all(
    all.map(({ name }) => {
      if (!name?.startsWith("stagify:")) return undefined;
      return new Promise<void>((done) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = request.onerror = request.onblocked = () => done();
      });
    }),
  );
}

/** Other tabs do not outlive the session. */
export function followSession(): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", () => void leave(true));
  return () => channel.close();
}
