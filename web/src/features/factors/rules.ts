import type { Mfa } from "@/lib/factors";

/** Whether there is more than a password. */
export function hasFactor(own: Pick<Mfa, "totp" | "passkeys">): boolean {
  return own.totp !== null || own.passkeys.length > 0;
}

/** Whether the recovery codes would go with it, as they stand for another factor. */
export function isLastFactor(own: Pick<Mfa, "totp" | "passkeys">): boolean {
  return Number(own.totp !== null) + own.passkeys.length === 1;
}

/** The secret in groups of four, as it is typed from a screen. */
export function inGroups(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(" ") ?? "";
}

const DEVICES: [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/CrOS/, "Chromebook"],
  [/Windows/, "Windows"],
  [/Mac/, "Mac"],
  [/Linux|X11/, "Linux"],
];

/** What a browser runs on, for the name of a passkey that is kept there; "" if it does not say. */
export function deviceOf(userAgent: string): string {
  return DEVICES.find(([sign]) => sign.test(userAgent))?.[1] ?? "";
}

/** Recovery codes as a file to keep. */
export function fileOf(codes: readonly string[], heading: string): string {
  return `${heading}\n\n${codes.join("\n")}\n`;
}
