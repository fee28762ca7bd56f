import { Toast as Base } from "@base-ui/react/toast";
import { useLingui } from "@lingui/react/macro";
import { X } from "lucide-react";
import type { ComponentProps } from "react";
import { looks } from "./looks";

/** One toast, with what can be done about it. */
export function ToastLine({ toast }: Pick<ComponentProps<typeof Base.Root>, "toast">) {
  const { t } = useLingui();
  return (
    <Base.Root
      toast={toast}
      swipeDirection={["down", "right"]}
      className={looks(
        "rounded-card bg-ink text-canvas shadow-over transition-[opacity,translate] duration-200 ease-out",
        "data-ending-style:translate-y-2 data-ending-style:opacity-0 data-limited:hidden",
        "data-starting-style:translate-y-2 data-starting-style:opacity-0",
      )}
    >
      <Base.Content className="flex items-center gap-2 p-2 pl-4">
        <Base.Title render={<p />} className="flex-1 py-1.5" />
        <Base.Action className="h-9 rounded-button px-3 font-semibold underline-offset-4 hover:underline focus-visible:outline-current" />
        <Base.Close
          aria-label={t`Close`}
          className="grid size-9 place-items-center rounded-button opacity-70 hover:opacity-100 focus-visible:outline-current"
        >
          <X aria-hidden className="size-4" />
        </Base.Close>
      </Base.Content>
    </Base.Root>
  );
}
