"""Rooms: a shell with openings, what a room of its kind holds, and a camera in it."""

from __future__ import annotations

import math

import numpy as np

from staging_engine.geometry import Camera

from .fixtures import add_staircase
from .furnishing import add_people, furnish
from .kitchens import build_bathroom, build_kitchen
from .lights import sky
from .models import Model
from .shell import build_shell
from .stage import Random, Set
from .views import Box, Shot, make_camera


def make_room(random: Random, kind: str, models: list[Model], size: tuple[int, int]) -> Shot:
    """A room of this kind, seen."""
    set_ = Set(random)
    width, depth_all, ceiling = _measures(random, kind)
    listing = bool(random.random() < 0.5)
    px = (
        float(random.uniform(0.25, 0.75) if kind == "corridor" else random.uniform(0.08, 0.92))
        * width
    )
    px = min(max(px, 0.35), width - 0.35)
    behind = float(random.uniform(0.1, min(1.2, depth_all * 0.25)))
    box = Box(px, width - px, depth_all - behind, behind, ceiling)
    aim = random.uniform(-0.5, 0.5) * width * 0.9 + (box.right - box.left) / 2
    yaw = math.atan2(aim, box.depth * random.uniform(0.6, 1.0))
    if kind == "corridor":
        yaw = random.normal(0, 0.06)
    yaw = float(np.clip(yaw, -0.78, 0.78))
    camera, up = make_camera(random, *size, yaw, listing=listing)
    up = min(up, ceiling - 0.3)
    _light(set_)
    walls = build_shell(set_, box, kind)
    set_.facts["listing"] = listing
    if kind == "kitchen":
        build_kitchen(set_, box, walls, models)
    elif kind == "bathroom":
        build_bathroom(set_, box, models)
    elif kind == "stairs":
        add_staircase(set_, box)
    elif kind == "furnished_room":
        furnish(set_, box, models, int(random.integers(2, 11)))
    elif kind == "person":
        if random.random() < 0.5:
            furnish(set_, box, models, int(random.integers(1, 6)))
        add_people(set_, box, models, camera)
    elif kind == "other":
        return _odd(set_, box, camera, random, up)
    bend = float(random.choice([0.0, 0.0, random.uniform(-0.03, 0.03)])) if not listing else 0.0
    return Shot(set_, camera, (0.0, 0.0, up), kind, box, bend)


def _measures(random: Random, kind: str) -> tuple[float, float, float]:
    ceiling = float(random.choice([2.4, 2.5, 2.6, 2.7, random.uniform(2.3, 3.4)]))
    if kind == "corridor":
        return float(random.uniform(0.95, 1.9)), float(random.uniform(4, 14)), ceiling
    if kind == "bathroom":
        return float(random.uniform(1.5, 3.0)), float(random.uniform(1.9, 3.8)), min(ceiling, 2.7)
    if kind == "kitchen":
        return float(random.uniform(2.0, 5.0)), float(random.uniform(2.6, 6.0)), ceiling
    if kind == "empty_room" and random.random() < 0.15:
        return (
            float(random.uniform(5, 10)),
            float(random.uniform(6, 12)),
            float(random.uniform(2.6, 4.5)),
        )
    return float(random.uniform(2.5, 6.5)), float(random.uniform(2.8, 7.5)), ceiling


def _light(set_: Set) -> None:
    random = set_.random
    night = random.random() < 0.12
    brightness = float(
        random.uniform(0.01, 0.05) if night else np.exp(random.uniform(np.log(1.5), np.log(16)))
    )
    sky(set_, brightness, sun=bool(not night and random.random() < 0.45))
    set_.facts["night"] = night
    set_.facts["lamps"] = bool(night or random.random() < 0.5)
    set_.facts["power"] = float(random.uniform(0.5, 1.5)) if set_.facts["lamps"] else 0.0
    set_.mesh.ambient = float(random.uniform(0.01, 0.05)) * (0.3 if night else 1)


def _odd(set_: Set, box: Box, camera: Camera, random: Random, up: float) -> Shot:
    """A wall from near, the ceiling, the floor alone: parts of rooms that are no view of one."""
    away = str(random.choice(["wall", "ceiling", "floor"]))
    pitch = {
        "wall": random.normal(0, 0.1),
        "ceiling": random.uniform(-1.3, -0.7),
        "floor": random.uniform(0.8, 1.3),
    }[away]
    focal = camera.focal * random.uniform(1.2, 2.5)
    yaw = float(random.uniform(-3.1, 3.1))
    turned = Camera(focal, yaw, float(pitch), camera.roll, camera.width, camera.height)
    place = (0.0, 0.0, up)
    if away == "wall":
        place = (0.0, box.depth - float(random.uniform(0.6, 1.2)), up)
        turned = Camera(
            focal,
            float(random.uniform(-0.4, 0.4)),
            float(pitch),
            camera.roll,
            camera.width,
            camera.height,
        )
    return Shot(set_, turned, place, "other")
