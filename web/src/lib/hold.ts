let holders = 0;

/** Something on the page would be lost if it was left now: a form that was typed into, an upload. Returns
 * how to say that it is over. */
export function hold(): () => void {
  let holding = true;
  holders += 1;
  return () => {
    if (holding) holders -= 1;
    holding = false;
  };
}

export function isHeld(): boolean {
  return holders > 0;
}
