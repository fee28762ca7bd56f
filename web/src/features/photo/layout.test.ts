import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Floor,
  faultOfDoor,
  faultOfFloor,
  inView,
  moved,
  onFloor,
  type Spot,
  START,
  VIEW,
} from "./layout";

type Pair = [number, number];
type Vectors = {
  floors: { corners: Pair[]; fault: string | null }[];
  doors: { foot: Pair; head: Pair; fault: string | null }[];
};

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "layout.vectors.json"), "utf8"),
) as Vectors;
const spot = ([x, y]: Pair): Spot => ({ x, y });
const sound = vectors.floors.filter(({ fault }) => !fault);

describe("what is marked", () => {
  test("is judged as the server judges it", () => {
    for (const { corners, fault } of vectors.floors)
      expect(faultOfFloor(corners.map(spot) as unknown as Floor), `${corners}`).toBe(fault);
    for (const { foot, head, fault } of vectors.doors)
      expect(faultOfDoor({ foot: spot(foot), head: spot(head) }), `${foot} ${head}`).toBe(fault);
  });

  test("begins with a floor that could be one", () => {
    expect(faultOfFloor(START)).toBeNull();
  });

  test("is within what the server takes, wherever it is moved", () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.boolean(), (x, y, inside) => {
        const to = moved({ x: 0.5, y: 0.5 }, { x, y }, inside);
        const [least, most] = inside ? [0, 1] : [-1, 2];
        for (const each of [to.x, to.y]) {
          expect(each).toBeGreaterThanOrEqual(least);
          expect(each).toBeLessThanOrEqual(most);
          expect(Number(each.toFixed(4))).toBe(each);
        }
        expect(moved(to, { x: 0, y: 0 }, inside)).toEqual(to);
      }),
    );
  });
});

describe("a floor that was marked elsewhere", () => {
  test.each(sound)("is shown as a whole, on the same edges: $corners", ({ corners }) => {
    const floor = corners.map(spot) as unknown as Floor;
    const shown = inView(floor);
    expect(faultOfFloor(shown)).toBeNull();
    for (const [near, far] of [
      [0, 1],
      [3, 2],
    ] as const) {
      const [was, is, end] = [floor[near], shown[near], floor[far]];
      const off = (was.x - end.x) * (is.y - end.y) - (was.y - end.y) * (is.x - end.x);
      expect(off).toBeCloseTo(0, 3);
      expect(moved(is, { x: 0, y: 0 }, false)).toEqual(is);
      const wasShown = was.x >= VIEW.left && was.x <= VIEW.left + VIEW.size && was.y <= 1.2;
      if (wasShown) expect(is).toEqual(was);
    }
    expect(inView(shown)).toEqual(shown);
  });
});

describe("the lines over the floor", () => {
  test.each(sound)("end at its corners: $corners", ({ corners }) => {
    const floor = corners.map(spot) as unknown as Floor;
    const ends: [number, number][] = [
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 0],
    ];
    ends.forEach(([along, ahead], at) => {
      const { x, y } = onFloor(floor, along, ahead);
      expect(x).toBeCloseTo(floor[at]?.x ?? Number.NaN, 9);
      expect(y).toBeCloseTo(floor[at]?.y ?? Number.NaN, 9);
    });
  });

  test("come closer to each other with the distance", () => {
    const at = [0, 0.5, 1].map((ahead) => onFloor(START, 0.5, ahead).y) as [number, number, number];
    expect(at[0] - at[1]).toBeGreaterThan(at[1] - at[2]);
  });

  test("run straight: the middle of the floor lies on both diagonals", () => {
    for (const { corners } of sound) {
      const floor = corners.map(spot) as unknown as Floor;
      const middle = onFloor(floor, 0.5, 0.5);
      for (const [one, other] of [
        [floor[0], floor[2]],
        [floor[1], floor[3]],
      ] as const) {
        const off = (other.x - one.x) * (middle.y - one.y) - (other.y - one.y) * (middle.x - one.x);
        expect(off).toBeCloseTo(0, 9);
      }
    }
  });
});
