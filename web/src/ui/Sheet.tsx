import { Drawer } from "@base-ui/react/drawer";
import { useLingui } from "@lingui/react/macro";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "./Button";
import { shadeLook } from "./Dialog";
import { looks } from "./looks";

const popupLook = looks(
  "grid max-h-[92dvh] w-full content-start gap-6 overflow-y-auto overscroll-contain bg-surface",
  "rounded-t-sheet p-6 pb-[max(1.5rem,env(safe-area-inset-bottom))] shadow-over outline-none",
  "transform-[translateY(var(--drawer-swipe-movement-y))] transition-transform duration-200 ease-out",
  "data-swiping:select-none data-swiping:transition-none",
  "data-ending-style:transform-[translateY(100%)] data-starting-style:transform-[translateY(100%)]",
  "data-ending-style:duration-160",
  "sm:max-h-[calc(100dvh-4rem)] sm:max-w-form sm:rounded-sheet sm:p-8",
  "sm:data-ending-style:transform-[translateY(1rem)] sm:data-ending-style:opacity-0",
  "sm:data-starting-style:transform-[translateY(1rem)] sm:data-starting-style:opacity-0",
  "sm:transition-[transform,opacity]",
);

/** A longer task over the page: from below on a phone, where it can be swiped away, in the middle of a
 * desk. It stays above the phone's keyboard. */
export function Sheet({
  open,
  onOpenChange,
  title,
  description,
  children,
  wide = false,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  wide?: boolean;
}) {
  const { t } = useLingui();
  return (
    <Drawer.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Drawer.VirtualKeyboardProvider>
        <Drawer.Portal>
          <Drawer.Backdrop className={shadeLook} />
          <Drawer.Viewport className="fixed inset-0 z-50 flex items-end justify-center sm:items-center sm:p-8">
            <Drawer.Popup className={looks(popupLook, wide && "sm:max-w-content!")}>
              <div
                aria-hidden
                className="-mt-3 h-1 w-10 justify-self-center rounded-full bg-line sm:hidden"
              />
              <div className="grid gap-2 pr-10">
                <Drawer.Title className="font-semibold text-title">{title}</Drawer.Title>
                {description && (
                  <Drawer.Description className="text-quiet">{description}</Drawer.Description>
                )}
              </div>
              <Drawer.Close
                render={<IconButton label={t`Close`} className="absolute! top-4 right-4" />}
              >
                <X aria-hidden className="size-5" />
              </Drawer.Close>
              <Drawer.Content className="grid gap-6">{children}</Drawer.Content>
            </Drawer.Popup>
          </Drawer.Viewport>
        </Drawer.Portal>
      </Drawer.VirtualKeyboardProvider>
    </Drawer.Root>
  );
}
