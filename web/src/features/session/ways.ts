import type { FactorProof, StepUp } from "./api";

/** How somebody proves who they are. */
export type Way = "password" | "totp" | "passkey" | "recovery_code";

/** What somebody has, as the server lists it. */
export type Own = {
  totp: unknown;
  passkeys: readonly unknown[];
  recovery_codes: number;
  is_asked: boolean;
};

/** What a log-in is finished with. */
export function proofOf(way: Way, answer: string): FactorProof {
  return way === "recovery_code" ? { recovery_code: answer } : { code: answer };
}

/** What a session is stepped up with. */
export function stepUpOf(way: Way, answer: string): StepUp {
  return way === "password" ? { current_password: answer } : (proofOf(way, answer) as StepUp);
}

/** The ways to step up, the best first: whoever is asked for a second factor at log-in shows that. */
export function stepUpWays(own: Own): Way[] {
  const factors: [Way, boolean][] = [
    ["totp", own.totp !== null],
    ["passkey", own.passkeys.length > 0],
    ["password", !own.is_asked],
    ["recovery_code", own.recovery_codes > 0],
  ];
  return factors.filter(([, has]) => has).map(([way]) => way);
}
