import { queryOptions } from "@tanstack/react-query";
import { ApiError, api, data, type Schemas } from "./api";
import { expiry } from "./expiry";

export type Session = Schemas["SessionRead"];

/** Who is signed in on this host; null if nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 5 * 60_000,
  queryFn: readSession,
});

async function readSession(): Promise<Session | null> {
  try {
    const session = await data(api.GET("/v1/session"));
    expiry.armed = true;
    return session as Session;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
