import { queryOptions } from "@tanstack/react-query";
import { ApiError, api, data, type Schemas } from "./api";
import { expiry } from "./expiry";

export type Session = Schemas["SessionRead"];

/** A person who is signed in on the platform's host, in no workspace. */
export type PersonSession = Schemas["PersonSessionRead"];

// How soon a session is read again that does not say what the plan includes, because nobody knew just then.
const UNKNOWN_MS = 5_000;

/** Who is signed in on this workspace's host; null if nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 5 * 60_000,
  refetchInterval: ({ state }) => state.data?.entitlements === null && UNKNOWN_MS,
  queryFn: () => heldSession<Session>(),
});

/** The same on the platform's host. */
export const personQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 5 * 60_000,
  queryFn: () => heldSession<PersonSession>(),
});

const PATIENCE = 500;

/** The session; null if this page never had one. A page that had one cannot be shown without it: once it has
 * ended, this waits until the person is back. */
async function heldSession<Found extends Session | PersonSession>(): Promise<Found | null> {
  const hadOne = expiry.armed;
  const session = await readSession<Found>();
  if (session || !hadOne) return session;
  // A call in another window may have given it a new token, which this browser has not got yet.
  await new Promise((go) => setTimeout(go, PATIENCE));
  const again = await readSession<Found>();
  if (again) return again;
  await expiry.renewal();
  return heldSession();
}

/** The session as the server has it now; null if there is none. */
export async function readSession<Found extends Session | PersonSession>(): Promise<Found | null> {
  try {
    const session = await data(api.GET("/v1/session"));
    expiry.armed = true;
    return session as Found;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
