"""Walls with their own axes, and holes in them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from .stage import Set

THICK = 0.18


@dataclass(frozen=True, slots=True)
class WallFrame:
    """A wall's own axes: along it from `origin`, and inwards."""

    name: str
    origin: tuple[float, float]
    along: tuple[float, float]
    inward: tuple[float, float]
    length: float
    height: float

    def at(self, s: float, t: float, z: float) -> tuple[float, float, float]:
        """World coordinates of a point `s` along and `t` in front of the wall."""
        x = self.origin[0] + s * self.along[0] + t * self.inward[0]
        y = self.origin[1] + s * self.along[1] + t * self.inward[1]
        return x, y, z

    def box(
        self,
        set_: Set,
        s: tuple[float, float],
        t: tuple[float, float],
        z: tuple[float, float],
        material: int,
        thing: int = 0,
    ) -> None:
        """A box in the wall's coordinates."""
        a, b = self.at(s[0], t[0], z[0]), self.at(s[1], t[1], z[1])
        low = tuple(min(p, q) for p, q in zip(a, b, strict=True))
        high = tuple(max(p, q) for p, q in zip(a, b, strict=True))
        set_.box(low, high, material, thing)  # type: ignore[arg-type]

    def zone(self, set_: Set, kind: str, s: tuple[float, float], depth: float) -> None:
        """Keep the floor in front of this stretch clear."""
        set_.zone(kind, self.at(s[0], 0, 0)[:2], self.at(s[1], depth, 0)[:2])


Hole = tuple[float, float, float, float]  # s0, s1, z0, z1


def build_wall(set_: Set, wall: WallFrame, material: int, holes: list[Hole]) -> None:
    """The wall as boxes around its holes."""
    cuts = sorted({0.0, wall.length, *(h[0] for h in holes), *(h[1] for h in holes)})
    for s0, s1 in pairwise(cuts):
        if s1 - s0 < 1e-4:
            continue
        here = sorted((h[2], h[3]) for h in holes if h[0] < (s0 + s1) / 2 < h[1])
        floor = 0.0
        for z0, z1 in [*here, (wall.height, wall.height)]:
            if z0 - floor > 1e-4:
                wall.box(set_, (s0, s1), (-THICK, 0.0), (floor, z0), material)
            floor = max(floor, z1)


def skirting(set_: Set, wall: WallFrame, holes: list[Hole], material: int, height: float) -> None:
    """A board along the foot of the wall, but not across holes that reach the floor."""
    if height <= 0:
        return
    cuts = sorted([0.0, wall.length, *(e for h in holes if h[2] < 0.1 for e in h[:2])])
    for s0, s1 in zip(cuts[::2], cuts[1::2], strict=True):
        if s1 - s0 > 0.02:
            wall.box(set_, (s0, s1), (0.0, 0.015), (0.0, height), material)
