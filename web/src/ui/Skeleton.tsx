import { looks } from "./looks";

/** The place of something that is not there yet, in its final size. */
export function Skeleton({ className }: { className: string }) {
  return (
    <span aria-hidden className={looks("block animate-pulse rounded-input bg-line", className)} />
  );
}
