import { Store } from "./store";

/** Calls that ask for a fresh proof of who the person is wait here until they gave it, or would not: one
 * dialog for all of them. */
export class Proof {
  /** Whether the dialog is open. */
  readonly wanted = new Store(false);
  #waiting: ((given: boolean) => void)[] = [];

  /** Resolves with whether the person has proved it. */
  ask(): Promise<boolean> {
    const answered = new Promise<boolean>((resolve) => this.#waiting.push(resolve));
    this.wanted.set(true);
    return answered;
  }

  answer(given: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.wanted.set(false);
    for (const resolve of waiting) resolve(given);
  }
}

export const proof = new Proof();
