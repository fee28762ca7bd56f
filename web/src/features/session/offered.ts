import {
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  WebAuthnAbortService,
} from "@simplewebauthn/browser";
import type { Schemas } from "@/lib/api";
import { askForChallenge } from "./api";

// A challenge is worth something for five minutes.
const LIFE = 4 * 60_000;

/** Offer passkeys among what the browser suggests for the address, until `signal` says so or another one is asked for;
 * resolves with what its person has chosen. */
export async function offeredPasskey(
  signal: AbortSignal,
): Promise<{ challengeId: string; passkey: Schemas["PasskeyUse"] } | null> {
  if (!(await browserSupportsWebAuthnAutofill())) return null;
  while (!signal.aborted) {
    const { challenge_id: challengeId, options } = await askForChallenge();
    if (signal.aborted) return null;
    let isOver = false;
    const stop = () => WebAuthnAbortService.cancelCeremony();
    const timer = setTimeout(() => {
      isOver = true;
      stop();
    }, LIFE);
    signal.addEventListener("abort", stop);
    try {
      const passkey = await startAuthentication({
        optionsJSON: options as never,
        useBrowserAutofill: true,
      });
      return { challengeId, passkey };
    } catch (error) {
      if (!isOver) throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    await somebodyIsThere(signal);
  }
  return null;
}

/** Resolves when somebody comes back to the form: a page that is left open asks for nothing. */
function somebodyIsThere(signal: AbortSignal): Promise<void> {
  return new Promise((go) => {
    addEventListener("focusin", () => go(), { once: true, signal });
    signal.addEventListener("abort", () => go());
  });
}
