import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useState } from "react";
import { useSession } from "@/lib/access";
import { load } from "@/lib/address";
import { ApiError, api, data, type Schemas } from "@/lib/api";
import { expiry } from "@/lib/expiry";
import { leave as endAll } from "@/lib/leaving";
import { stopLive, useLiveEndings } from "@/lib/live";
import { showPasskey } from "@/lib/passkeys";
import { setLocale, setLook } from "@/lib/preferences";
import { type PersonSession, type Session, sessionQuery } from "@/lib/session";

export type Credentials = { email: string; password: string };

/** A log-in that waits for a second factor. */
export type Challenge = Schemas["ChallengeRead"];

/** What answers a challenge. */
export type FactorProof =
  | Schemas["CodeAnswer"]
  | Schemas["RecoveryCodeAnswer"]
  | Schemas["PasskeyAnswer"];

export type Who = Session | PersonSession;

export function isChallenge(answer: Who | Challenge): answer is Challenge {
  return "challenge_id" in answer;
}

/** The session begins for this page, if the log-in is whole. */
function useBegun(): (answer: Who | Challenge) => void {
  const queries = useQueryClient();
  return (answer) => {
    if (isChallenge(answer)) return;
    expiry.armed = true;
    queries.setQueryData(sessionQuery.queryKey, answer as Session);
    // A new browser looks as the person is used to.
    if (answer.user?.theme) setLook(answer.user.theme);
    if (answer.user?.locale) setLocale(answer.user.locale);
  };
}

/** Log in with the password: a session, or half a log-in. */
export function useLogIn() {
  return useMutation({
    gcTime: 0,
    mutationFn: async (body: Credentials) => {
      await asking;
      return (await data(api.POST("/v1/session", { body }))) as Who | Challenge;
    },
    onSuccess: useBegun(),
  });
}

async function verify(challengeId: string, body: FactorProof): Promise<Who | Challenge> {
  const params = { path: { challenge_id: challengeId } };
  return (await data(api.POST("/v1/session/{challenge_id}/verify", { params, body }))) as
    | Who
    | Challenge;
}

/** Finish a log-in with a second factor. */
export function useVerify() {
  return useMutation({
    gcTime: 0,
    mutationFn: ({ challenge, proof }: { challenge: Challenge; proof: FactorProof }) =>
      verify(challenge.challenge_id, proof),
    onSuccess: useBegun(),
  });
}

/** The same with the passkey that the log-in asks for; on the platform's host. */
export function useVerifyWithPasskey() {
  return useMutation({
    mutationFn: async (challenge: Challenge) =>
      verify(challenge.challenge_id, { passkey: await showPasskey(challenge.passkey) }),
    onSuccess: useBegun(),
  });
}

let asking: Promise<unknown> = Promise.resolve();

/** What a passkey signs. Of two answers with a challenge at the same time, the cookie of one would be lost: a log-in
 * waits until this has come. */
export function askForChallenge(): Promise<Schemas["PasskeyAsked"]> {
  const asked = data(api.POST("/v1/session/passkey"));
  asking = asked.catch(() => undefined);
  return asked;
}

async function askForPasskey() {
  const { challenge_id, options } = await askForChallenge();
  return { challenge_id, passkey: await showPasskey(options) };
}

/** Log in with a passkey alone; on the platform's host. */
export function useLogInWithPasskey() {
  return useMutation({
    mutationFn: async () => {
      const { challenge_id, passkey } = await askForPasskey();
      return verify(challenge_id, { passkey });
    },
    onSuccess: useBegun(),
  });
}

/** While `isOn`, passkeys are among what the browser suggests for the address, and whoever chooses one is logged in; on
 * the platform's host. Returns why that did not work. */
export function useOfferedPasskey(
  isOn: boolean,
  onAnswer: (answer: Who | Challenge) => void,
): Error | null {
  const begun = useBegun();
  const [error, setError] = useState<Error | null>(null);
  const answered = useEffectEvent((answer: Who | Challenge) => {
    begun(answer);
    setError(null);
    onAnswer(answer);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: offered anew after one that did not work
  useEffect(() => {
    if (!isOn) return undefined;
    const stop = new AbortController();
    void logInWhenOffered(stop.signal).then(
      (answer) => answer && !stop.signal.aborted && answered(answer),
      (wrong) => !stop.signal.aborted && wrong instanceof ApiError && setError(wrong),
    );
    return () => stop.abort();
  }, [isOn, error]);
  return error;
}

async function logInWhenOffered(signal: AbortSignal): Promise<Who | Challenge | null> {
  await idle();
  const { offeredPasskey } = await import("./offered");
  if (signal.aborted) return null;
  // A browser that refuses, or whose person does, has said so itself.
  const chosen = await offeredPasskey(signal).catch(() => null);
  return chosen && verify(chosen.challengeId, { passkey: chosen.passkey });
}

/** Resolves when the page has nothing better to do. */
const idle = () =>
  new Promise<unknown>((go) =>
    "requestIdleCallback" in window ? requestIdleCallback(go) : setTimeout(go, 200),
  );

/** Log out, and show the log-in or what is at `to`. */
export function useLogOut(to?: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const session = queries.getQueryData(sessionQuery.queryKey);
      if (!session?.proof?.amr.includes("sso")) {
        await data(api.DELETE("/v1/session"));
        return to;
      }
      // Perhaps the way out leads on to the company's log-out.
      const { url } = (await data(api.POST("/v1/sso/log-out"))) as Schemas["SsoLoggedOut"];
      return url ?? to;
    },
    onSuccess: (leads) => leave(leads === undefined ? {} : { to: leads }),
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
  const queries = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (body: StepUp) => data(api.POST("/v1/session/step-up", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
}

/** The same with a passkey; on the platform's host. */
export function useStepUpWithPasskey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => data(api.POST("/v1/session/step-up", { body: await askForPasskey() })),
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  });
}

/** Keep what the page knows of the session as the server has it, which ends the stream of a person whose
 * role changes, who is removed, or who has to show a second factor first. */
export function useFreshSession(): void {
  const queries = useQueryClient();
  const { restriction } = useSession();
  useEffect(() => {
    // No other page can be shown with such a session.
    if (restriction) location.assign(`/second-factor?next=${encodeURIComponent(pathHere())}`);
  }, [restriction]);
  useLiveEndings(
    useCallback(() => {
      void queries.refetchQueries({ queryKey: sessionQuery.queryKey });
    }, [queries]),
  );
}

const pathHere = () => location.pathname + location.search;

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
