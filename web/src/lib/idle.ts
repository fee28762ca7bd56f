/** Do something when the page has nothing else to do. */
export function whenIdle(work: () => void): void {
  // Safari has no such call.
  if ("requestIdleCallback" in globalThis) requestIdleCallback(work, { timeout: 5000 });
  else setTimeout(work, 1000);
}
