/** Where a person sees the room: shares of the photo's width and height, from its upper left corner. */
export type Spot = { x: number; y: number };
/** Near left, far left, far right, near right. */
export type Floor = readonly [Spot, Spot, Spot, Spot];
export type Door = { foot: Spot; head: Spot };

/** What is shown around the photo, because near corners may lie outside of it. */
export const VIEW = { left: -0.12, top: -0.04, size: 1.24 } as const;

export const START: Floor = [
  { x: 0.04, y: 0.94 },
  { x: 0.28, y: 0.62 },
  { x: 0.72, y: 0.62 },
  { x: 0.96, y: 0.94 },
];
export const DOOR_START: Door = { foot: { x: 0.5, y: 0.66 }, head: { x: 0.5, y: 0.3 } };

export type FloorFault = "far_outside" | "sides" | "depth" | "shape" | "small";
export type DoorFault = "upside_down" | "leaning";

// As staging-svc says in projects/rules.py; both are tested with layout.vectors.json.
const LEAST_DEPTH = 0.02;
const LEAST_WIDTH = 0.05;
const LEAST_AREA = 0.03;
// Twice the area that three corners make; on one line they make none.
const LEAST_TURN = 0.001;
const LEAST_DOOR = 0.05;
const MOST_LEAN = 0.25;
const DIGITS = 4;

/** What is wrong with these corners, if anything is. */
export function faultOfFloor(floor: Floor): FloorFault | null {
  const [nearLeft, farLeft, farRight, nearRight] = floor;
  if (![farLeft, farRight].every(isInside)) return "far_outside";
  if (Math.min(farRight.x - farLeft.x, nearRight.x - nearLeft.x) < LEAST_WIDTH) return "sides";
  if (Math.min(nearLeft.y - farLeft.y, nearRight.y - farRight.y) < LEAST_DEPTH) return "depth";
  const turns = floor.map((_, at) => turn(at, floor));
  if (Math.min(...turns) < LEAST_TURN) return "shape";
  return area(floor) < LEAST_AREA ? "small" : null;
}

export function faultOfDoor({ foot, head }: Door): DoorFault | null {
  const height = foot.y - head.y;
  if (height < LEAST_DOOR) return "upside_down";
  return Math.abs(foot.x - head.x) > MOST_LEAN * height ? "leaning" : null;
}

/** The spot after a move, still in the part that is shown; doors stay in the photo. */
export function moved(spot: Spot, by: Spot, inside: boolean): Spot {
  const [least, top] = inside ? [0, 0] : [VIEW.left, VIEW.top];
  const [most, bottom] = inside ? [1, 1] : [VIEW.left + VIEW.size, VIEW.top + VIEW.size];
  return {
    x: rounded(Math.min(Math.max(spot.x + by.x, least), most)),
    y: rounded(Math.min(Math.max(spot.y + by.y, top), bottom)),
  };
}

/** The same floor with all its corners in the part that is shown: a near one is moved along the edge of
 * the floor that leads to it. */
export function inView([nearLeft, farLeft, farRight, nearRight]: Floor): Floor {
  return [pulled(nearLeft, farLeft), farLeft, farRight, pulled(nearRight, farRight)];
}

function pulled(near: Spot, far: Spot): Spot {
  const way = { x: near.x - far.x, y: near.y - far.y };
  const room = (along: number, from: number, least: number) =>
    along === 0 ? 1 : ((along > 0 ? least + VIEW.size : least) - from) / along;
  const part = Math.min(1, room(way.x, far.x, VIEW.left), room(way.y, far.y, VIEW.top));
  return moved(far, { x: way.x * part, y: way.y * part }, false);
}

/** Where a point of the floor is seen: `along` from left to right, `ahead` from near to far, in shares. */
export function onFloor(floor: Floor, along: number, ahead: number): Spot {
  const [a, d, c, b] = floor;
  // The projective map of the unit square onto the four corners (Heckbert, 1989).
  const sum = { x: a.x - b.x + c.x - d.x, y: a.y - b.y + c.y - d.y };
  const one = { x: b.x - c.x, y: b.y - c.y };
  const two = { x: d.x - c.x, y: d.y - c.y };
  const whole = one.x * two.y - one.y * two.x;
  const g = (sum.x * two.y - sum.y * two.x) / whole;
  const h = (one.x * sum.y - one.y * sum.x) / whole;
  const w = g * along + h * ahead + 1;
  const at = (from: number, right: number, far: number) =>
    (from + (right - from + g * right) * along + (far - from + h * far) * ahead) / w;
  return { x: at(a.x, b.x, d.x), y: at(a.y, b.y, d.y) };
}

function isInside({ x, y }: Spot): boolean {
  return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

/** Positive if the way along the corners turns right at the next one. */
function turn(at: number, floor: Floor): number {
  const [one, two, three] = [0, 1, 2].map((step) => floor[(at + step) % 4]) as [Spot, Spot, Spot];
  return (two.x - one.x) * (three.y - two.y) - (two.y - one.y) * (three.x - two.x);
}

function area(floor: Floor): number {
  const doubled = floor.reduce((sum, { x, y }, at) => {
    const next = floor[(at + 1) % 4] as Spot;
    return sum + x * next.y - next.x * y;
  }, 0);
  return Math.abs(doubled) / 2;
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS));
}
