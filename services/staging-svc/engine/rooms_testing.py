"""What the tests of plans share: rooms that are known exactly, as a planner would see them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.floor import FloorView
from staging_engine.footprint import Footprint
from staging_engine.geometry import Camera, pixel_grid
from staging_engine.labels import CLASSES, Labels
from staging_engine.planner import Placement
from staging_engine.room import RoomBox
from staging_engine.site import Site

Floats = NDArray[np.float64]
WIDTH, HEIGHT = 320, 214
ROOM_TYPES = ("living_room", "bedroom", "dining_room")
COLOURS = {
    "floor": (120, 140, 160),
    "wall": (205, 210, 212),
    "ceiling": (235, 235, 235),
    "door": (60, 62, 70),
    "window": (250, 250, 250),
    "furniture": (90, 90, 150),
    "other": (30, 30, 30),
}


Place = tuple[float, float, float, float]
"""Of a thing in a wall: from and to along it, and over the floor, in metres."""
_HIGH, _EYE, _NEAR = 240, 1.3, 1.0
WHITE_CAMERA = Camera(WIDTH * 0.55, 0.0, math.radians(4), 0.0, WIDTH, _HIGH)
WHITE = RoomBox(2.2 / _EYE, 2.8 / _EYE, 5.2 / _EYE, 1.0, _EYE, 1.0)
"""A room 5 m wide, 5.2 m deep and 2.6 m high, of which only the walls are looked at."""


@dataclass(frozen=True)
class Opening:
    """A door, a window or a fireplace in a wall: from `start` to `end` along it, from `bottom` up to `top`."""

    kind: str
    wall: str
    start: float
    end: float
    top: float
    bottom: float = 0.0


@dataclass(frozen=True)
class Room:
    """A room known exactly; the camera is over the origin."""

    camera: Camera
    eye: float
    left: float
    right: float
    depth: float
    ceiling: float
    openings: tuple[Opening, ...]
    blocks: tuple[tuple[float, float, float, float, float], ...]
    """What stands in it, such as half-walls: x from and to, y from and to, height."""
    hanging: tuple[tuple[float, float, float, float, float], ...] = ()
    """Lamps, from their height over the floor up to the ceiling."""

    def look(self, rays: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """How far away each ray ends, in lengths of the ray, and the class of what it meets."""
        x, y, z = np.moveaxis(rays, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = {
                "floor": np.where(z < 0, -self.eye / z, np.inf),
                "ceiling": np.where(z > 0, (self.ceiling - self.eye) / z, np.inf),
                "left": np.where(x < 0, self.left / x, np.inf),
                "right": np.where(x > 0, self.right / x, np.inf),
                "back": np.where(y > 0, self.depth / y, np.inf),
            }
        names = list(ends)
        distances = np.stack([ends[name] for name in names])
        first = distances.argmin(axis=0)
        nearest = distances.min(axis=0)
        classes = np.full(x.shape, CLASSES.index("wall"))
        for name in ("floor", "ceiling"):
            classes[first == names.index(name)] = CLASSES.index(name)
        height = self.eye + z * nearest
        for opening in self.openings:
            along = (x if opening.wall == "back" else y) * nearest
            inside = (along > opening.start) & (along < opening.end)
            inside &= (height < opening.top) & (height >= opening.bottom)
            shown = "other" if opening.kind == "fireplace" else opening.kind
            classes[inside & (first == names.index(opening.wall))] = CLASSES.index(shown)
        for block in self.blocks:
            entered = self.enters(rays, block)
            hit = entered < nearest
            nearest, classes[hit] = np.minimum(nearest, entered), CLASSES.index("furniture")
        for lamp in self.hanging:
            entered = self.enters(rays, (*lamp[:4], self.ceiling), bottom=lamp[4] - 0.5)
            classes[entered < nearest] = CLASSES.index("other")
        return nearest, classes

    def enters(
        self, rays: Floats, block: tuple[float, float, float, float, float], bottom: float = 0.0
    ) -> Floats:
        """Where each ray enters a block; infinite where it does not."""
        low = np.array([block[0], block[2], bottom - self.eye])
        high = np.array([block[1], block[3], block[4] - self.eye])
        with np.errstate(divide="ignore", invalid="ignore"):
            one, other = low / rays, high / rays
        enter = np.minimum(one, other).max(axis=-1)
        leave = np.maximum(one, other).min(axis=-1)
        return np.where((enter < leave) & (enter > 0), enter, np.inf)

    def site(self, *, labelled: bool, painted: NDArray[np.bool_] | None = None) -> Site:
        """The room as the photo's analysis would hand it to the planner; `painted` pixels are a little darker."""
        rays = self.camera.rays(pixel_grid(WIDTH, HEIGHT))
        _, classes = self.look(rays)
        below = rays[..., 2] < -0.06
        points = -rays[..., :2] / np.minimum(rays[..., 2:], -0.06)
        image = np.array([COLOURS[name] for name in CLASSES], np.uint8)[classes]
        if painted is not None:
            image[painted & (classes == CLASSES.index("wall"))] -= 40
        mask = (classes == CLASSES.index("floor")) & below
        view = FloorView(
            cv2.GaussianBlur(image, (3, 3), 0).astype(np.uint8), 1.0, mask, below, points
        )
        box = RoomBox(
            -self.left / self.eye,
            self.right / self.eye,
            self.depth / self.eye,
            self.ceiling / self.eye - 1,
            self.eye,
            1.0,
        )
        shares = (classes[None] == np.arange(len(CLASSES))[:, None, None]).astype(np.float32)
        small = np.stack(
            [cv2.resize(share, (96, 64), interpolation=cv2.INTER_AREA) for share in shares]
        )
        return Site(self.camera, box, view, labels=Labels(small, {}) if labelled else None)

    def zones(self) -> Iterator[Footprint]:
        """The floor just before each opening, a little less than a planner has to keep clear."""
        for opening in self.openings:
            deep = {"door": 0.7, "window": 0.2, "fireplace": 0.6}[opening.kind]
            middle, width = (opening.start + opening.end) / 2, opening.end - opening.start - 0.1
            x, y, rotation = {
                "back": (middle, self.depth - deep / 2, 0.0),
                "left": (self.left + deep / 2, middle, math.pi / 2),
                "right": (self.right - deep / 2, middle, -math.pi / 2),
            }[opening.wall]
            yield Footprint(x, y, width, deep, rotation)

    def shows(self, zone: Footprint) -> bool:
        """Whether the wall behind a zone is in the photo, from the floor up, with nothing before it."""
        edge = np.linspace(-0.45, 0.45, 7) * zone.width
        foot = np.array([zone.at(float(a), -zone.depth / 2) for a in edge])
        rays = np.column_stack([foot, np.full(len(foot), 0.05 - self.eye)])
        pixels, depth = self.camera.project(rays)
        inside = (depth > 0) & ((pixels > 4) & (pixels < (WIDTH - 4, HEIGHT - 4))).all(axis=1)
        return bool(inside.all() and (self.look(rays)[0] > 0.97).all())


@cache
def room(number: int) -> Room:
    """A room by chance: its size, its openings, half of them with something in the way."""
    random = np.random.default_rng(number)
    wide, depth = random.uniform(2.8, 7.0), random.uniform(3.4, 8.0)
    left = -wide * random.uniform(0.25, 0.75)
    camera = Camera(
        focal=WIDTH * random.uniform(0.5, 0.75),
        yaw=math.radians(random.uniform(-28, 28)),
        pitch=math.radians(random.uniform(0, 12)),
        roll=0.0,
        width=WIDTH,
        height=HEIGHT,
    )
    openings = []
    for wall in random.permutation(["back", "left", "right"])[: random.integers(1, 4)]:
        low, high = (left, left + wide) if wall == "back" else (1.2, depth)
        kind = str(random.choice(["door", "door", "window", "fireplace"]))
        width = {"door": 0.9, "window": 1.4, "fireplace": 1.1}[kind]
        if high - low > width + 0.4:
            start = random.uniform(low + 0.2, high - width - 0.2)
            top = {"door": 2.03, "window": 2.1, "fireplace": 0.85}[kind]
            openings.append(Opening(kind, str(wall), start, start + width, top))
    blocks = []
    if random.random() < 0.5:
        x, y = random.uniform(left, left + wide - 1.2), random.uniform(1.6, depth - 1.0)
        blocks.append((x, x + 1.2, y, y + 0.2, float(random.uniform(0.9, 2.5))))
    return Room(
        camera,
        eye=float(random.uniform(1.1, 1.6)),
        left=left,
        right=left + wide,
        depth=depth,
        ceiling=float(random.uniform(2.4, 3.0)),
        openings=tuple(openings),
        blocks=tuple(blocks),
    )


def footprint(placement: Placement) -> Footprint:
    """Where a piece stands on the floor."""
    # Leaves and lamp shades are wider than what stands on the floor.
    factor = 0.75 if placement.name in ("plant", "floor_lamp") else 1.0
    return placement.footprint.scaled(factor)


def looking_ahead(right: float = 1.6, **more: object) -> Room:
    """A room seen straight on, 3.2 m wide if nothing else is said."""
    camera = Camera(WIDTH * 0.55, 0.0, math.radians(8), 0.0, WIDTH, HEIGHT)
    known = {"openings": (), "blocks": (), **more}
    return Room(camera, 1.4, right - 3.2, right, 5.2, 2.6, **known)  # type: ignore[arg-type]


def white_room(wall: str, *places: tuple[Place, int]) -> FloorView:
    """A view of `WHITE` with things in one wall: along it and over the floor in metres, each in a shade of grey."""
    image = np.full((_HIGH, WIDTH, 3), 225, np.uint8)
    x0, x1, y, top = -2.2, 2.8, 5.2, 2.6
    _paint(image, [(x0, _NEAR, 0), (x0, y, 0), (x1, y, 0), (x1, _NEAR, 0)], 110)
    _paint(image, [(x0, y, 0), (x1, y, 0), (x1, y, top), (x0, y, top)], 200)
    _paint(image, [(x0, _NEAR, 0), (x0, y, 0), (x0, y, top), (x0, _NEAR, top)], 185)
    _paint(image, [(x1, _NEAR, 0), (x1, y, 0), (x1, y, top), (x1, _NEAR, top)], 190)
    for (start, end, low, high), shade in places:
        corners = [(start, low), (end, low), (end, high), (start, high)]
        fixed = {"back": y, "left": x0, "right": x1}[wall]
        _paint(
            image, [(s, fixed, z) if wall == "back" else (fixed, s, z) for s, z in corners], shade
        )
    nothing = np.zeros((_HIGH, WIDTH), np.bool_)
    return FloorView(image, 1.0, nothing, nothing, np.zeros((_HIGH, WIDTH, 2)))


def _paint(
    image: cv2.typing.MatLike, corners: list[tuple[float, float, float]], shade: int
) -> None:
    points = np.array([(x, y, z - _EYE) for x, y, z in corners]) / _EYE
    pixels, _ = WHITE_CAMERA.project(points)
    cv2.fillConvexPoly(image, np.round(pixels).astype(np.int32), (shade,) * 3)
