import { Progress as Base } from "@base-ui/react/progress";

/** How far something is that has an end; `text` says it in words. */
export function Progress({ value, text }: { value: number | null; text: string }) {
  return (
    <Base.Root value={value === null ? null : value * 100} aria-label={text} className="w-full">
      <Base.Track className="h-1 overflow-hidden rounded-full bg-line">
        <Base.Indicator className="h-full rounded-full bg-brand transition-[width] duration-200 ease-out data-indeterminate:w-1/3 data-indeterminate:animate-pulse" />
      </Base.Track>
    </Base.Root>
  );
}
