import { Store } from "./store";

/** Requests to these paths tell by 401 that somebody is not signed in, which is their purpose. */
const EXEMPT = /^\/v1\/(session|handoffs|password-resets|signup)(\/|$)/;

/** What happens when the session ends under an open page: one dialog over it, and everything that was
 * refused waits until the same person is back. */
class Expiry {
  /** Whether the dialog is open. */
  readonly ended = new Store(false);
  /** Whether this page has ever had a session: only then can one end. */
  armed = false;
  /** How often the person has come back. */
  renewals = 0;
  #waiting: (() => void)[] = [];

  concerns(request: Request): boolean {
    return this.armed && !EXEMPT.test(new URL(request.url).pathname);
  }

  /** Resolves when the person has logged in again; never on a page that is being left. */
  renewal(): Promise<void> {
    const renewed = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.armed) this.ended.set(true);
    return renewed;
  }

  /** The same person is back. */
  renewed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.renewals += 1;
    this.ended.set(false);
    for (const resolve of waiting) resolve();
  }
}

export const expiry = new Expiry();
