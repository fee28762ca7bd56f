import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { looks } from "./looks";

export const popupLook = looks(
  "min-w-48 max-w-[calc(100vw-1rem)] overflow-y-auto rounded-card border border-line bg-surface p-1.5",
  "shadow-over outline-none transition-[opacity,scale] duration-120 ease-out",
  "origin-(--transform-origin) max-h-(--available-height)",
  "data-ending-style:scale-98 data-ending-style:opacity-0",
  "data-starting-style:scale-98 data-starting-style:opacity-0",
);

export const entryLook = looks(
  "flex h-control w-full cursor-default select-none items-center gap-3 rounded-input px-3 outline-none",
  "data-disabled:opacity-50 data-highlighted:bg-raised",
);

/** What can be done with something; `trigger` is the button that opens it. */
export function Menu({ trigger, children }: { trigger: ReactElement; children: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" className="z-50 outline-none">
          <Base.Popup className={popupLook}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({
  onClick,
  icon,
  danger = false,
  disabled = false,
  children,
}: {
  onClick: () => void;
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <Base.Item
      onClick={onClick}
      disabled={disabled}
      className={looks(entryLook, danger && "text-danger")}
    >
      {icon}
      {children}
    </Base.Item>
  );
}

/** An entry that leads somewhere; `link` is the link without its children. */
export function MenuLink({
  link,
  icon,
  children,
}: {
  link: ReactElement;
  icon?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Base.Item render={link} className={entryLook}>
      {icon}
      {children}
    </Base.Item>
  );
}

export function MenuLine() {
  return <Base.Separator className="my-1.5 h-px bg-line" />;
}

/** Words at the top of a menu that are no entry. */
export function MenuHead({ children }: { children: ReactNode }) {
  return <div className="px-3 py-2 text-caption text-quiet">{children}</div>;
}
