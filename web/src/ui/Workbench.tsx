import { Dialog as Base } from "@base-ui/react/dialog";
import { useLingui } from "@lingui/react/macro";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "./Button";
import { shadeLook } from "./Dialog";
import { looks } from "./looks";

const popupLook = looks(
  "fixed inset-0 z-50 grid grid-cols-1 grid-rows-[auto_auto_1fr_auto] overflow-y-auto bg-surface",
  "overscroll-contain",
  "outline-none transition-[opacity,scale] duration-200 ease-out",
  "lg:inset-8 lg:grid-cols-[minmax(0,1fr)_23rem] lg:grid-rows-[auto_minmax(0,1fr)_auto]",
  "lg:overflow-hidden lg:rounded-sheet lg:border lg:border-line lg:shadow-over",
  "data-ending-style:opacity-0 data-ending-style:duration-160 data-starting-style:opacity-0",
);

/** Something to work on that fills the window, and what is said and done about it: below it on a phone,
 * beside it on a desk. */
export function Workbench({
  open,
  onOpenChange,
  onLeave,
  title,
  description,
  piece,
  children,
  actions,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Where the focus goes when it closes. */
  onLeave?: () => HTMLElement | null;
  title: ReactNode;
  description?: ReactNode;
  /** What is worked on. */
  piece: ReactNode;
  children?: ReactNode;
  actions: ReactNode;
}) {
  const { t } = useLingui();
  return (
    <Base.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Base.Portal>
        <Base.Backdrop className={shadeLook} />
        <Base.Popup className={popupLook} {...(onLeave && { finalFocus: () => onLeave() ?? true })}>
          <header className="grid gap-1 p-4 pr-16 lg:col-start-2 lg:p-6 lg:pr-16">
            <Base.Title className="font-semibold text-lead lg:text-title">{title}</Base.Title>
            {description && (
              <Base.Description className="text-caption text-quiet lg:text-body">
                {description}
              </Base.Description>
            )}
          </header>
          <div className="grid place-items-center bg-photo lg:row-span-3 lg:row-start-1 lg:p-6">
            {piece}
          </div>
          <div className="grid content-start gap-5 p-4 lg:col-start-2 lg:overflow-y-auto lg:px-6 lg:pt-0">
            {children}
          </div>
          <footer className="sticky bottom-0 grid gap-3 border-line border-t bg-surface p-4 pb-[max(1rem,env(safe-area-inset-bottom))] lg:col-start-2 lg:px-6">
            {actions}
          </footer>
          <Base.Close render={<IconButton label={t`Close`} className="absolute! top-3 right-3" />}>
            <X aria-hidden className="size-5" />
          </Base.Close>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
