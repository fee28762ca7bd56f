import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { Trans, useLingui } from "@lingui/react/macro";
import { X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { Button, type ButtonKind, IconButton } from "./Button";
import { looks } from "./looks";

export const shadeLook = looks(
  "fixed inset-0 z-40 bg-shade transition-opacity duration-200 ease-out",
  "data-ending-style:opacity-0 data-ending-style:duration-160 data-starting-style:opacity-0",
);

const popupLook = looks(
  "fixed top-1/2 left-1/2 z-50 grid max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] max-w-form",
  "-translate-x-1/2 -translate-y-1/2 gap-6 overflow-y-auto rounded-sheet bg-surface p-6 shadow-over",
  "transition-[opacity,scale] duration-200 ease-out sm:p-8",
  "data-ending-style:scale-98 data-ending-style:opacity-0 data-ending-style:duration-160",
  "data-starting-style:scale-98 data-starting-style:opacity-0",
);

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons at the end; the one that does it comes first. */
  actions?: ReactNode;
};

/** A question or a short form over the page. */
export function Dialog({ open, onOpenChange, title, description, children, actions }: DialogProps) {
  const { t } = useLingui();
  return (
    <Base.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Base.Portal>
        <Base.Backdrop className={shadeLook} />
        <Base.Popup className={popupLook}>
          <div className="grid gap-2 pr-10">
            <Base.Title className="font-semibold text-title">{title}</Base.Title>
            {description && (
              <Base.Description className="text-quiet">{description}</Base.Description>
            )}
          </div>
          <Base.Close render={<IconButton label={t`Close`} className="absolute! top-4 right-4" />}>
            <X aria-hidden className="size-5" />
          </Base.Close>
          {children}
          {actions && <div className="flex flex-row-reverse flex-wrap gap-3">{actions}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The end of a form in a dialog: what sends it, and the way back without. */
export function FormActions({ onCancel, children }: { onCancel: () => void; children: ReactNode }) {
  return (
    <div className="flex flex-row-reverse flex-wrap gap-3">
      {children}
      <Button kind="secondary" onClick={onCancel}>
        <Trans>Cancel</Trans>
      </Button>
    </div>
  );
}

/** The same without a way to dismiss it: for what the page cannot go on without. */
export function RequiredDialog({
  open,
  title,
  description,
  children,
}: Omit<DialogProps, "onOpenChange" | "actions">) {
  const popup = useRef<HTMLDivElement>(null);
  return (
    <AlertDialog.Root open={open}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={shadeLook} />
        <AlertDialog.Popup
          ref={popup}
          className={popupLook}
          // What is fixed needs no typing.
          initialFocus={() => popup.current?.querySelector<HTMLElement>("input:not([readonly])")}
        >
          <div className="grid gap-2">
            <AlertDialog.Title className="font-semibold text-title">{title}</AlertDialog.Title>
            {description && (
              <AlertDialog.Description className="text-quiet">
                {description}
              </AlertDialog.Description>
            )}
          </div>
          {children}
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** Asks once more before something that cannot be undone. */
export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  confirm,
  kind = "danger",
  busy = false,
  onConfirm,
}: Omit<DialogProps, "actions"> & {
  confirm: ReactNode;
  kind?: ButtonKind;
  busy?: boolean;
  onConfirm: () => void;
}) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={shadeLook} />
        <AlertDialog.Popup className={popupLook}>
          <div className="grid gap-2">
            <AlertDialog.Title className="font-semibold text-title">{title}</AlertDialog.Title>
            {description && (
              <AlertDialog.Description className="text-quiet">
                {description}
              </AlertDialog.Description>
            )}
          </div>
          {children}
          <div className="flex flex-row-reverse flex-wrap gap-3">
            <Button kind={kind} busy={busy} onClick={onConfirm}>
              {confirm}
            </Button>
            <AlertDialog.Close render={<Button kind="secondary" />}>
              <Trans>Cancel</Trans>
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
