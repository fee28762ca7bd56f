/** Translators of browsers put elements of their own in the place of texts. React does not know, and would
 * throw when it removes such a text or puts something before it. Here it may: what is not where it was has
 * been replaced. */
export function tolerateTranslators(): void {
  const { removeChild, insertBefore } = Node.prototype;
  Node.prototype.removeChild = function <T extends Node>(this: Node, child: T): T {
    return child.parentNode === this ? (removeChild.call(this, child) as T) : child;
  };
  Node.prototype.insertBefore = function <T extends Node>(
    this: Node,
    child: T,
    next: Node | null,
  ): T {
    const isThere = next === null || next.parentNode === this;
    return insertBefore.call(this, child, isThere ? next : null) as T;
  };
}
