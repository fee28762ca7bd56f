import { Toast as Base } from "@base-ui/react/toast";
import { useLingui } from "@lingui/react/macro";
import { type ReactNode, useEffect, useState } from "react";
import type { ToastLine } from "./ToastLine";

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

/** Where toasts appear; once around the app. F6 leads there. What shows one is loaded `when` the page has
 * nothing else to do. */
export function Toasts({
  when,
  children,
}: {
  when: (work: () => void) => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  return (
    <Base.Provider toastManager={manager} limit={3}>
      {children}
      <Base.Portal>
        <Base.Viewport
          aria-label={t`Notifications`}
          className="fixed inset-x-4 bottom-[calc(5rem+env(safe-area-inset-bottom))] z-60 mx-auto grid max-w-md gap-2 outline-none sm:right-6 sm:bottom-6 sm:left-auto sm:w-96"
        >
          <List when={when} />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List({ when }: { when: (work: () => void) => void }) {
  const { toasts } = Base.useToastManager();
  const [Line, setLine] = useState<typeof ToastLine | null>(null);
  const isWanted = toasts.length > 0;
  useEffect(() => {
    if (Line) return;
    // If that fails, the next toast tries again.
    const load = () =>
      void import("./ToastLine").then(
        (loaded) => setLine(() => loaded.ToastLine),
        () => undefined,
      );
    if (isWanted) load();
    else when(load);
  }, [Line, isWanted, when]);
  return Line && toasts.map((each) => <Line key={each.id} toast={each} />);
}
