"""Renders a set of ground-truth photos: `python -m training.dataset models.npz FOLDER --count 160 --seed 7`.

Each photo gets NAME.jpg, NAME.png (the label of each pixel) and an entry in truth.json: what it shows, the
camera, the room's box and the zones to keep clear, in metres in the room's axes (the camera stands at
x = 0, y = 0). `Photo.read` reads it. The same models, seed and size give the same set.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .drawings import make_drawing, make_other
from .looks import develop
from .models import Model, read_models
from .outdoors import make_outdoors
from .rooms import make_room
from .stage import FLOOR, FURNITURE, OTHER
from .tracer import render
from .views import Shot

# For training: as often as a network needs to see them. For measuring: half of them empty.
TRAINING = {
    "empty_room": 0.36, "furnished_room": 0.18, "bathroom": 0.07, "kitchen": 0.09, "corridor": 0.05,
    "stairs": 0.04, "outdoors": 0.09, "person": 0.05, "drawing": 0.04, "other": 0.03,
}  # fmt: skip
MEASURING = {
    "empty_room": 0.5, "furnished_room": 0.15, "bathroom": 0.06, "kitchen": 0.07, "corridor": 0.05,
    "stairs": 0.03, "outdoors": 0.06, "person": 0.03, "drawing": 0.03, "other": 0.02,
}  # fmt: skip
_LARGE_FURNITURE = 0.02
_MODELS: list[Model] = []


def make_one(
    index: int, seed: int, shares: dict[str, float], long_side: int, samples: int, filters: int
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Photo, labels and truth number `index`."""
    random = np.random.default_rng([seed, index])
    kind = str(
        random.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values()))
    )
    ratio = float(random.choice([4 / 3, 3 / 2, 16 / 9, 3 / 4], p=[0.5, 0.25, 0.07, 0.18]))
    wide = (
        (long_side, round(long_side / ratio))
        if ratio > 1
        else (round(long_side * ratio), long_side)
    )
    size = (wide[0] // 4 * 4, wide[1] // 4 * 4)
    if kind in ("drawing", "other") and (kind == "drawing" or random.random() < 0.6):
        photos = (
            []
            if random.random() < 0.3
            else [_plain(random, size, samples, filters) for _ in range(2)]
        )
        made = make_drawing if kind == "drawing" else make_other
        photo = made(random, size, photos)
        return photo, np.full(photo.shape[:2], OTHER, np.uint8), {"kind": kind, "size": list(size)}
    for _ in range(8):
        shot = _shoot(random, kind, size)
        if kind not in ("empty_room", "furnished_room") or _is_seen(shot):
            break
    picture = render(
        shot.set.mesh,
        shot.camera,
        shot.place,
        samples=samples,
        filters=filters,
        seed=int(random.integers(1 << 30)),
        bend=shot.bend,
    )
    photo, look = develop(
        random, picture.light, night=bool(shot.set.facts.get("night")), outside=kind == "outdoors"
    )
    labels = picture.labels.astype(np.uint8)
    return photo, labels, _truth(shot, picture.labels, picture.things, look)


def _shoot(random: np.random.Generator, kind: str, size: tuple[int, int]) -> Shot:
    if kind == "outdoors":
        return make_outdoors(random, _MODELS, size)
    return make_room(random, kind, _MODELS, size)


def _plain(
    random: np.random.Generator, size: tuple[int, int], samples: int, filters: int
) -> np.ndarray:
    shot = _shoot(random, "empty_room" if random.random() < 0.6 else "furnished_room", size)
    picture = render(
        shot.set.mesh, shot.camera, shot.place, samples=max(2, samples // 2), filters=filters
    )
    return develop(random, picture.light)[0]


def _is_seen(shot: Shot) -> bool:
    """Whether enough of the floor is seen: a quick look with few pixels."""
    camera = shot.camera
    small = type(camera)(
        camera.focal / camera.width * 48,
        camera.yaw,
        camera.pitch,
        camera.roll,
        48,
        48 * camera.height // camera.width,
    )
    labels = render(shot.set.mesh, small, shot.place, samples=1, bounces=0, filters=0).labels
    return bool((labels == FLOOR).mean() > 0.1 and (labels == OTHER).mean() < 0.4)


def _truth(shot: Shot, labels: np.ndarray, things: np.ndarray, look: str) -> dict[str, Any]:
    furniture = float((labels == FURNITURE).mean())
    kind = shot.kind
    if kind == "furnished_room" and furniture < _LARGE_FURNITURE:
        kind = "unsure" if furniture > 0.002 else "empty_room"
    seen = (
        np.bincount(things[things >= 0].reshape(-1), minlength=len(shot.set.things)) / things.size
    )
    named = {
        name: round(float(share), 4)
        for name, share in zip(shot.set.things, seen, strict=True)
        if share > 0.0005
    }
    if kind == "person" and not any(
        share > 0.008
        for name, share in named.items()
        if name not in ("shell", "radiator", "fireplace", "stairs", "column", "rug", "clutter")
    ):
        kind = "unsure"
    camera, box = shot.camera, shot.box
    truth: dict[str, Any] = {
        "kind": kind,
        "look": look,
        "size": [camera.width, camera.height],
        "camera": {
            "focal_35mm": round(camera.focal_35mm, 3),
            "yaw_deg": round(float(np.degrees(camera.yaw)), 3),
            "pitch_deg": round(float(np.degrees(camera.pitch)), 3),
            "roll_deg": round(float(np.degrees(camera.roll)), 3),
            "height_m": round(shot.place[2], 3),
            "bend": round(shot.bend, 4),
        },
        "shares": [round(float((labels == label).mean()), 4) for label in range(7)],
        "facts": shot.set.facts,
        "seen": named,
        "zones": [
            {
                "kind": z.kind,
                "low": [round(v, 3) for v in z.low],
                "high": [round(v, 3) for v in z.high],
            }
            for z in shot.set.zones
        ],
        "solids": [[round(float(v), 3) for v in solid] for solid in shot.set.solids],
    }
    if box is not None:
        truth["box"] = {
            "left_m": round(box.left, 3), "right_m": round(box.right, 3), "depth_m": round(box.depth, 3),
            "behind_m": round(box.behind, 3), "ceiling_m": round(box.ceiling, 3),
        }  # fmt: skip
    return truth


def _start(path: str) -> None:
    _MODELS.extend(read_models(Path(path)))
    cv2.setNumThreads(1)


def _work(
    job: tuple[Path, int, int, dict[str, float], int, int, int],
) -> tuple[str, dict[str, Any]]:
    folder, index, seed, shares, long_side, samples, filters = job
    name = f"{index:05d}"
    photo, labels, truth = make_one(index, seed, shares, long_side, samples, filters)
    cv2.imwrite(str(folder / f"{name}.jpg"), photo, [cv2.IMWRITE_JPEG_QUALITY, 90])
    cv2.imwrite(str(folder / f"{name}.png"), labels)
    return name, truth


def make_set(
    models: Path,
    folder: Path,
    *,
    count: int,
    seed: int,
    shares: dict[str, float],
    long_side: int,
    samples: int,
    filters: int,
    processes: int,
    first: int = 0,
    seconds: float = 1e9,
) -> dict[str, Any]:
    """Render until `count` photos are there or `seconds` have passed; the truth by name."""
    folder.mkdir(parents=True, exist_ok=True)
    truths: dict[str, Any] = {}
    jobs = [
        (folder, index, seed, shares, long_side, samples, filters) for index in range(first, count)
    ]
    started = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(processes, _start, (str(models),)) as pool:
        for name, truth in pool.imap_unordered(_work, jobs):
            truths[name] = truth
            if time.perf_counter() - started > seconds:
                pool.terminate()
                break
    (folder / "truth.json").write_text(json.dumps(dict(sorted(truths.items())), indent=0) + "\n")
    return truths


def main() -> None:
    """Render a set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=160)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--long-side", type=int, default=768)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--filters", type=int, default=4)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument(
        "--most-seconds", type=float, default=1e9, help="stop earlier, with fewer photos"
    )
    parser.add_argument(
        "--training", action="store_true", help="kinds as often as training wants them"
    )
    arguments = parser.parse_args()
    started = time.perf_counter()
    truths = make_set(
        arguments.models,
        arguments.folder,
        count=arguments.count,
        seed=arguments.seed,
        first=arguments.first,
        shares=TRAINING if arguments.training else MEASURING,
        long_side=arguments.long_side,
        samples=arguments.samples,
        filters=arguments.filters,
        processes=arguments.processes,
        seconds=arguments.most_seconds,
    )
    took = time.perf_counter() - started
    sys.stdout.write(f"{len(truths)} photos, {took / max(1, len(truths)):.2f} s each\n")


if __name__ == "__main__":
    main()
