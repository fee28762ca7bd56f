import { useLingui } from "@lingui/react/macro";
import { type PointerEvent, type ReactNode, useRef, useState } from "react";
import { formsOf, type Photo } from "@/features/photos";
import { formatPercent } from "@/lib/format";
import { looks } from "@/ui/looks";
import { PhotoFrame } from "@/ui/PhotoFrame";
import { type Door, type Floor, moved, onFloor, type Spot, VIEW } from "../layout";

const SIZES = "(min-width: 72rem) 60rem, 100vw";
const STEP = 0.005;
const LARGE_STEP = 0.05;
const ARROWS: Record<string, Spot> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
// Lines over the floor, besides its edges.
const LINES = [0.25, 0.5, 0.75];
// The share of the photo's width that a label needs.
const ROOM = 0.25;
// Of the photo's size under the glass, and the width of the glass in pixels.
const ENLARGED = 2.5;
const GLASS = 120;

/** The photo with a point at each corner of the floor, and at both ends of a door. A point is dragged, or
 * moved with the arrow keys; under a finger a magnifying glass shows what the finger covers. */
export function FloorCanvas({
  photo,
  floor,
  door,
  faulty,
  onFloor: setFloor,
  onDoor: setDoor,
}: {
  photo: Photo;
  floor: Floor;
  door: Door | null;
  faulty: boolean;
  onFloor: (floor: Floor) => void;
  onDoor: (door: Door) => void;
}) {
  const { t } = useLingui();
  const canvas = useRef<HTMLDivElement>(null);
  const [touched, setTouched] = useState<Spot | null>(null);
  const image = photo.original;
  if (!image) return null;
  const ratio = image.width / image.height;
  const points = [
    { label: t`Near left`, name: t`Near left corner` },
    { label: t`Far left`, name: t`Far left corner` },
    { label: t`Far right`, name: t`Far right corner` },
    { label: t`Near right`, name: t`Near right corner` },
  ];
  const placed = (at: number, spot: Spot) =>
    setFloor(floor.map((each, index) => (index === at ? spot : each)) as unknown as Floor);
  return (
    <div
      ref={canvas}
      className="relative w-full overflow-hidden [--most:54dvh] lg:[--most:calc(100dvh-7rem)]"
      // As the photo, with the same margin in both directions.
      style={{ aspectRatio: ratio, maxWidth: `calc(var(--most) * ${ratio})` }}
    >
      <div className="absolute" style={PLACE_OF_PHOTO}>
        <PhotoFrame
          {...formsOf(image.url)}
          sizes={SIZES}
          alt={photo.name}
          placeholder={image.placeholder}
          width={image.width}
          height={image.height}
          eager
        />
      </div>
      <Outline floor={floor} door={door} faulty={faulty} />
      {floor.map((spot, at) => (
        <Handle
          key={points[at]?.name}
          canvas={canvas}
          spot={spot}
          name={points[at]?.name ?? ""}
          side={at < 2 ? "left" : "right"}
          onMove={(to) => placed(at, to)}
          onTouch={setTouched}
        >
          {points[at]?.label}
        </Handle>
      ))}
      {door &&
        (["foot", "head"] as const).map((end) => (
          <Handle
            key={end}
            canvas={canvas}
            spot={door[end]}
            name={end === "foot" ? t`Foot of the door` : t`Upper end of the door`}
            side={door.foot.x > 0.5 ? "right" : "left"}
            inside
            below={end === "foot"}
            onMove={(to) => setDoor({ ...door, [end]: to })}
            onTouch={setTouched}
          >
            {end === "foot" ? t`Door, foot` : t`Door, top`}
          </Handle>
        ))}
      {touched && <Glass url={image.url} spot={touched} canvas={canvas} />}
    </div>
  );
}

const share = (value: number) => `${(value / VIEW.size) * 100}%`;
const PLACE_OF_PHOTO = {
  left: share(-VIEW.left),
  top: share(-VIEW.top),
  width: share(1),
  height: share(1),
};

function Outline({ floor, door, faulty }: { floor: Floor; door: Door | null; faulty: boolean }) {
  const corners = floor.map(({ x, y }) => `${x},${y}`).join(" ");
  const line = { vectorEffect: "non-scaling-stroke" } as const;
  const ways = faulty
    ? []
    : LINES.flatMap((at) => [
        [onFloor(floor, at, 0), onFloor(floor, at, 1)],
        [onFloor(floor, 0, at), onFloor(floor, 1, at)],
      ]);
  return (
    <svg
      aria-hidden="true"
      viewBox={`${VIEW.left} ${VIEW.top} ${VIEW.size} ${VIEW.size}`}
      preserveAspectRatio="none"
      className="pointer-events-none absolute inset-0 size-full"
    >
      <polygon
        points={corners}
        className="fill-on-photo/20 stroke-photo"
        strokeWidth={5}
        {...line}
      />
      {ways.map(([from, to]) => (
        <line
          key={`${from?.x} ${from?.y} ${to?.x} ${to?.y}`}
          x1={from?.x}
          y1={from?.y}
          x2={to?.x}
          y2={to?.y}
          className="stroke-on-photo/60"
          strokeWidth={1}
          {...line}
        />
      ))}
      <polygon
        points={corners}
        className="fill-none stroke-on-photo"
        strokeWidth={2}
        {...(faulty && { strokeDasharray: "6 6" })}
        {...line}
      />
      {door &&
        ["stroke-photo", "stroke-on-photo"].map((colour, at) => (
          <line
            key={colour}
            x1={door.foot.x}
            y1={door.foot.y}
            x2={door.head.x}
            y2={door.head.y}
            className={colour}
            strokeWidth={at === 0 ? 5 : 2}
            {...line}
          />
        ))}
    </svg>
  );
}

type Canvas = { readonly current: HTMLDivElement | null };

function Handle({
  canvas,
  spot,
  name,
  side,
  inside = false,
  below = false,
  onMove,
  onTouch,
  children,
}: {
  canvas: Canvas;
  spot: Spot;
  name: string;
  /** On which side of the floor it is. */
  side: "left" | "right";
  /** Whether it stays in the photo. */
  inside?: boolean;
  /** Whether its label is under it. */
  below?: boolean;
  onMove: (spot: Spot) => void;
  /** Where a finger is on it; null when it is lifted. */
  onTouch: (spot: Spot | null) => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  // How far from the middle of the point it was taken.
  const grip = useRef<Spot | null>(null);
  const seen = ({ clientX, clientY }: PointerEvent): Spot => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return spot;
    return {
      x: VIEW.left + ((clientX - box.left) / box.width) * VIEW.size,
      y: VIEW.top + ((clientY - box.top) / box.height) * VIEW.size,
    };
  };
  const release = () => {
    grip.current = null;
    onTouch(null);
  };
  const [left, top] = [formatPercent(spot.x), formatPercent(spot.y)];
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={name}
      aria-valuemin={Math.round(VIEW.left * 100)}
      aria-valuemax={Math.round((VIEW.left + VIEW.size) * 100)}
      aria-valuenow={Math.round(spot.x * 100)}
      aria-valuetext={t`${left} from the left, ${top} from the top`}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = seen(event);
        grip.current = { x: spot.x - at.x, y: spot.y - at.y };
        if (event.pointerType === "touch") onTouch(spot);
      }}
      onPointerMove={(event) => {
        if (!grip.current) return;
        const to = moved(seen(event), grip.current, inside);
        onMove(to);
        if (event.pointerType === "touch") onTouch(to);
      }}
      onPointerUp={release}
      onPointerCancel={release}
      onKeyDown={(event) => {
        const way = ARROWS[event.key];
        if (!way) return;
        event.preventDefault();
        const step = event.shiftKey ? LARGE_STEP : STEP;
        onMove(moved(spot, { x: way.x * step, y: way.y * step }, inside));
      }}
      className="group absolute grid size-11 -translate-1/2 cursor-grab touch-none select-none place-items-center rounded-full outline-none active:cursor-grabbing"
      style={{ left: share(spot.x - VIEW.left), top: share(spot.y - VIEW.top) }}
    >
      <span
        className={looks(
          "size-5 rounded-full border-2 border-photo bg-on-photo shadow-over transition-[scale] duration-120",
          "group-hover:scale-125 group-active:scale-75",
          "group-focus-visible:outline-3 group-focus-visible:outline-offset-3 group-focus-visible:outline-on-photo",
        )}
      />
      <span
        aria-hidden
        className={looks(
          "pointer-events-none absolute rounded-full bg-photo/80 px-2 text-caption text-on-photo",
          "whitespace-nowrap",
          below ? "top-full" : "bottom-full",
          isLabelLeft(spot, side) ? "right-2" : "left-2",
        )}
      >
        {children}
      </span>
    </div>
  );
}

/** Labels lie outside of the floor, where they do not meet, unless there the photo ends. */
function isLabelLeft({ x }: Spot, side: "left" | "right"): boolean {
  return side === "left" ? x > ROOM : x > 1 - ROOM;
}

/** What is under the finger, enlarged, on the other side of the photo. */
function Glass({ url, spot, canvas }: { url: string; spot: Spot; canvas: Canvas }) {
  const box = canvas.current?.getBoundingClientRect();
  if (!box) return null;
  const [width, height] = [box.width, box.height].map((each) => (each / VIEW.size) * ENLARGED) as [
    number,
    number,
  ];
  return (
    <div
      aria-hidden
      data-glass=""
      className={looks(
        "pointer-events-none absolute top-2 z-10 overflow-hidden rounded-full border-2 border-on-photo bg-photo shadow-over",
        spot.x < 0.5 ? "right-2" : "left-2",
      )}
      style={{ width: GLASS, height: GLASS }}
    >
      <img
        src={formsOf(url).src}
        srcSet={formsOf(url).srcSet}
        sizes={`${Math.round(width)}px`}
        alt=""
        className="absolute max-w-none"
        style={{
          width,
          height,
          left: GLASS / 2 - spot.x * width,
          top: GLASS / 2 - spot.y * height,
        }}
      />
      <span className="absolute inset-x-0 top-1/2 h-px bg-on-photo/80" />
      <span className="absolute inset-y-0 left-1/2 w-px bg-on-photo/80" />
    </div>
  );
}
