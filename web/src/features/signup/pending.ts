const KEY = "stagify:signup";

/** A sign-up that waits for its code. It outlives a reload, but not the tab. */
type PendingSignup = { id: string; email: string; expiresAt: string };

export function readPending(): PendingSignup | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as PendingSignup | null;
    return found && new Date(found.expiresAt) > new Date() ? found : null;
  } catch {
    return null;
  }
}

export function keepPending(signup: PendingSignup): void {
  sessionStorage.setItem(KEY, JSON.stringify(signup));
}

export function forgetPending(): void {
  sessionStorage.removeItem(KEY);
}
