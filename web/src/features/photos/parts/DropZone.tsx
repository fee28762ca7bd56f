import { Trans } from "@lingui/react/macro";
import { ImagePlus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTakeFiles } from "./AddPhotos";

/** Files that are dropped anywhere on the window are taken; the browser would leave the page for them. */
export function DropZone() {
  const take = useTakeFiles();
  const latest = useRef(take);
  latest.current = take;
  const [over, setOver] = useState(false);
  useEffect(() => {
    const { signal, stop } = following();
    // Enter and leave come for every element that is crossed.
    let inside = 0;
    const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const on = (
      name: "dragenter" | "dragover" | "dragleave" | "drop",
      does: (event: DragEvent) => void,
    ) =>
      window.addEventListener(
        name,
        (event) => {
          if (!isFiles(event)) return;
          event.preventDefault();
          does(event);
        },
        { signal },
      );
    on("dragenter", () => {
      inside += 1;
      setOver(true);
    });
    on("dragover", ({ dataTransfer }) => {
      if (dataTransfer) dataTransfer.dropEffect = "copy";
    });
    on("dragleave", () => {
      inside = Math.max(inside - 1, 0);
      if (inside === 0) setOver(false);
    });
    on("drop", ({ dataTransfer }) => {
      inside = 0;
      setOver(false);
      void latest.current([...(dataTransfer?.files ?? [])]);
    });
    return stop;
  }, []);
  if (!over) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-50 grid place-items-center bg-canvas/90 p-4 sm:p-8">
      <div className="grid size-full place-content-center justify-items-center gap-3 rounded-sheet border-2 border-brand-ring border-dashed">
        <ImagePlus aria-hidden className="size-10" strokeWidth={1.25} />
        <p className="font-semibold text-title">
          <Trans>Drop photos of empty rooms</Trans>
        </p>
      </div>
    </div>
  );
}

function following() {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort() };
}
