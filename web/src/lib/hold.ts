const holders = new Set<object>();
const forms = new Set<HTMLFormElement>();

/** Something on the page would be lost if it was left now, as an upload. Returns how to say that it is over. */
export function hold(): () => void {
  const holder = {};
  holders.add(holder);
  return () => {
    holders.delete(holder);
  };
}

/** Begin to notice forms that somebody types into: they hold the page for as long as they are on it. */
export function holdForms(): void {
  document.addEventListener("input", ({ target }) => {
    const form = target instanceof Element ? target.closest("form") : null;
    if (form) forms.add(form);
  });
}

export function isHeld(): boolean {
  for (const form of forms) if (!form.isConnected) forms.delete(form);
  return holders.size > 0 || forms.size > 0;
}
