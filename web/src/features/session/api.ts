import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { load } from "@/lib/address";
import { api, data, type Schemas } from "@/lib/api";
import { expiry } from "@/lib/expiry";
import { leave as endAll } from "@/lib/leaving";
import { stopLive, useLiveEndings } from "@/lib/live";
import { setLocale, setLook } from "@/lib/preferences";
import { type PersonSession, readSession, type Session, sessionQuery } from "@/lib/session";

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

/** Log out, and show the log-in or what is at `to`. */
export function useLogOut(to?: string) {
  return useMutation({
    mutationFn: () => data(api.DELETE("/v1/session")),
    onSuccess: () => leave(to === undefined ? {} : { to }),
  });
}

const CHANNEL = "stagify:session";
const PATIENCE = 500;
let left = false;

export type StepUp =
  | Schemas["PasswordStepUp"]
  | Schemas["CodeAnswer"]
  | Schemas["RecoveryCodeAnswer"];

/** Prove once more who is signed in; the session goes on. */
export function useStepUp() {
  return useMutation({
    gcTime: 0,
    mutationFn: (body: StepUp) => data(api.POST("/v1/session/step-up", { body })),
  });
}

/** Keep what the page knows of the session as the server has it, which ends the stream of a person whose
 * role changes, or who is removed. */
export function useFreshSession(): void {
  const queries = useQueryClient();
  useLiveEndings(
    useCallback(async () => {
      const session = await readSession<Session>().catch(() => undefined);
      if (session) queries.setQueryData(sessionQuery.queryKey, session);
      else if (session === null && expiry.armed) await expiry.renewal();
    }, [queries]),
  );
}

/** Forget everything of this person, here and in the other tabs, and show the log-in or what is at `to`. */
export async function leave({ told = false, to = "/login" } = {}): Promise<void> {
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
  load(to);
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
  channel.addEventListener("message", () => void leave({ told: true }));
  return () => channel.close();
}
