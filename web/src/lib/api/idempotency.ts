import { useCallback, useState } from "react";

/** The key of one intention. It is made when a form opens and kept over double clicks, retries and
 * logging in again, so that the server does the thing once; `renew` it when the next one begins. */
export function useIdempotencyKey(): { key: string; renew: () => void } {
  const [key, setKey] = useState(newKey);
  return { key, renew: useCallback(() => setKey(newKey()), []) };
}

export function newKey(): string {
  return crypto.randomUUID();
}

/** The header as calls of `api` take it. */
export function withKey(key: string): { header: { "Idempotency-Key": string } } {
  return { header: { "Idempotency-Key": key } };
}
