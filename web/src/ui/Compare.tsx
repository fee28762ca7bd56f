import { Trans, useLingui } from "@lingui/react/macro";
import { MoveHorizontal } from "lucide-react";
import { type ReactNode, useState } from "react";
import { HandleRoot, Item, Provider, Root } from "react-compare-slider/components";
import { useReactCompareSlider } from "react-compare-slider/hooks";
import { looks } from "./looks";

/** Two pictures of one room over each other. The handle is dragged or moved with the arrow keys; two
 * buttons show one or the other whole. A finger elsewhere on the picture scrolls the page. */
export function Compare({
  before,
  after,
  start = 50,
  className,
}: {
  before: ReactNode;
  after: ReactNode;
  /** Per cent of the picture that show what was before. */
  start?: number;
  className?: string;
}) {
  const { t } = useLingui();
  const [position, setPosition] = useState(start);
  const slider = useReactCompareSlider({
    defaultPosition: start,
    onlyHandleDraggable: true,
    transition: "0.2s ease-out",
    onPositionChange: setPosition,
  });
  return (
    <div className={looks("relative overflow-hidden bg-photo", className)}>
      <Provider {...slider}>
        <Root>
          <Item item="itemOne">{before}</Item>
          <Item item="itemTwo">{after}</Item>
          <HandleRoot
            aria-label={t`Before and after`}
            aria-valuetext={t`${Math.round(position)} per cent before`}
            className="group"
          >
            <Handle />
          </HandleRoot>
        </Root>
      </Provider>
      {/* At the top: the label of a furnished photo is at its bottom. */}
      <div className="absolute inset-x-3 top-3 z-10 flex justify-between">
        <Side shown={position === 100} onClick={() => slider.setPosition(100)}>
          <Trans>Before</Trans>
        </Side>
        <Side shown={position === 0} onClick={() => slider.setPosition(0)}>
          <Trans>After</Trans>
        </Side>
      </div>
    </div>
  );
}

function Side({
  shown,
  onClick,
  children,
}: {
  shown: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-pressed={shown}
      onClick={onClick}
      className="h-9 rounded-full bg-photo/75 px-4 text-caption text-on-photo transition-colors duration-120 hover:bg-photo focus-visible:outline-on-photo pointer-coarse:h-11"
    >
      {children}
    </button>
  );
}

function Handle() {
  return (
    <span className="pointer-events-auto relative grid h-full w-11 cursor-ew-resize place-items-center">
      <span className="absolute inset-y-0 w-0.5 bg-on-photo" />
      <span className="relative grid size-11 place-items-center rounded-full bg-on-photo text-photo shadow-over group-focus-visible:ring-4 group-focus-visible:ring-brand-ring">
        <MoveHorizontal aria-hidden className="size-5" />
      </span>
    </span>
  );
}
