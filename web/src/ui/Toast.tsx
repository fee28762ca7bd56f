import { Toast as Base } from "@base-ui/react/toast";
import { useLingui } from "@lingui/react/macro";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { looks } from "./looks";

const manager = Base.createToastManager();

/** Say in passing that something is done; `action` undoes it or leads to it. What went wrong stands on
 * the page, never only here. */
export function toast({
  title,
  action,
  seconds = action ? 8 : 5,
}: {
  title: ReactNode;
  action?: { label: string; onClick: () => void };
  seconds?: number;
}): () => void {
  const id = manager.add({
    title,
    timeout: seconds * 1000,
    ...(action && {
      actionProps: {
        children: action.label,
        onClick: () => {
          manager.close(id);
          action.onClick();
        },
      },
    }),
  });
  return () => manager.close(id);
}

/** Where toasts appear; once around the app. F6 leads there. */
export function Toasts({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  return (
    <Base.Provider toastManager={manager} limit={3}>
      {children}
      <Base.Portal>
        <Base.Viewport
          aria-label={t`Notifications`}
          className="fixed inset-x-4 bottom-[calc(5rem+env(safe-area-inset-bottom))] z-60 mx-auto grid max-w-md gap-2 outline-none sm:right-6 sm:bottom-6 sm:left-auto sm:w-96"
        >
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List() {
  const { t } = useLingui();
  const { toasts } = Base.useToastManager();
  return toasts.map((each) => (
    <Base.Root
      key={each.id}
      toast={each}
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
  ));
}
