import type { Schemas } from "./api";
import { boot } from "./boot";

// Passkeys belong to the platform's own host, so they are made and shown there. The library is loaded when somebody
// uses one.

/** Whether a passkey can be made or shown on this page. */
export const canUsePasskeys =
  boot.kind === "platform" && globalThis.PublicKeyCredential !== undefined;

export type PasskeyTrouble = "given_up" | "known" | "failed";

/** Why a browser has not made or shown a passkey. */
export class PasskeyError extends Error {
  readonly trouble: PasskeyTrouble;

  constructor(cause: unknown) {
    super("The passkey was not used.", { cause });
    this.name = "PasskeyError";
    this.trouble = troubleOf(cause);
  }
}

/** What the browser says of a passkey that its person shows. `options` are the server's. */
export async function showPasskey(options: unknown): Promise<Schemas["PasskeyUse"]> {
  const { startAuthentication } = await import("@simplewebauthn/browser");
  return await told(startAuthentication({ optionsJSON: options as never }));
}

/** A passkey that the browser makes, with the server's `options`. */
export async function makePasskey(options: unknown): Promise<Schemas["PasskeyMade"]> {
  const { startRegistration } = await import("@simplewebauthn/browser");
  return await told(startRegistration({ optionsJSON: options as never }));
}

async function told<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    throw new PasskeyError(error);
  }
}

/** The library keeps the name of the browser's own exception. */
function troubleOf(error: unknown): PasskeyTrouble {
  const name = error instanceof Error ? error.name : "";
  // Browsers do not tell whether a person had none, took too long or did not want to.
  if (name === "NotAllowedError" || name === "AbortError") return "given_up";
  return name === "InvalidStateError" ? "known" : "failed";
}
