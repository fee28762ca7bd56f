import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api";

const TRIES_AFTER_THE_FIRST = 2;

/** Whether reading is tried again: not where the answer would be the same. */
export function isWorthRetrying(failures: number, error: Error): boolean {
  if (failures >= TRIES_AFTER_THE_FIRST) return false;
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429;
}

/** Milliseconds to wait before that: what the server asked for, else 1 s, 2 s. */
export function pause(failures: number, error: Error): number {
  const asked = error instanceof ApiError ? error.retryAfter : undefined;
  return asked === undefined ? 1000 * 2 ** failures : asked * 1000;
}

/** What the server has told this page. Keys begin with the capability's word, as `["photos", id]`; no
 * key has the tenant in it, because an origin is a tenant. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 30_000, retry: isWorthRetrying, retryDelay: pause },
    // A person repeats what they did; nothing is done twice by itself.
    mutations: { retry: false },
  },
});
