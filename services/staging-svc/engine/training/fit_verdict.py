"""Fits the weights of the verdict: `python -m training.fit_verdict FOLDER SIGNALS.json`.

FOLDER is a set of `dataset.py`. The signals of its photos are measured once and kept in SIGNALS.json. A photo
is good if it shows an empty room and the room that is found calls nearly all of it floor, wall and ceiling as
the true one does. Writes `staging_engine/weights.json` and prints what five-fold cross-validation says: of the
weights, of the least confidence that the other folds would choose, and of each limit by itself.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from staging_engine.camera import find_segments
from staging_engine.content import check_content
from staging_engine.defects import check_picture
from staging_engine.geometry import FULL_FRAME_DIAGONAL_MM, Camera, Floats
from staging_engine.labels import read_labels
from staging_engine.photo import read_photo
from staging_engine.port import StagingRefusedError
from staging_engine.reading import Told, alike, read_room, steadiness
from staging_engine.room import RoomBox
from staging_engine.upright import check_upright
from staging_engine.verdict import LIMITS, UPPER_LIMITS, evidence, look, measure_signals

_FOLDS = 5
# Of the photo, called floor, wall and ceiling as the true room does.
RIGHT = 0.85
_RIDGE = 1.0
_STEPS = 50
_WEIGHTS = Path(__file__).parents[1] / "staging_engine" / "weights.json"


def measure(folder: Path) -> dict[str, Any]:
    """The signals of each photo, whether it is good, and what refused it before they were measured."""
    truths = json.loads((folder / "truth.json").read_text())
    rows = {}
    for name, truth in truths.items():
        if truth["kind"] == "unsure":
            continue
        photo = read_photo(folder / f"{name}.jpg")
        row: dict[str, Any] = {"kind": truth["kind"], "good": False, "signals": None}
        rows[name] = row
        labels, segments = read_labels(photo), find_segments(photo)
        try:
            if not labels.shows_room:
                check_content(photo)
            check_picture(photo, labels)
            check_upright(photo, labels)
        except StagingRefusedError:
            continue
        reading = read_room(photo, segments, Told(), labels)
        row["signals"] = measure_signals(reading)
        if not look(row["signals"])[1]:
            row["signals"]["steady"] = steadiness(photo, reading, Told())
        if truth["kind"] == "empty_room":
            row["alike"] = alike(reading.camera, reading.room, *true_room(truth))
            row["good"] = row["alike"] >= RIGHT
            row["scale"] = reading.room.camera_height_m / truth["camera"]["height_m"]
    return rows


def true_room(truth: dict[str, Any]) -> tuple[Camera, RoomBox]:
    """Camera and room of a photo of `dataset.py`."""
    told, box, (width, height) = truth["camera"], truth["box"], truth["size"]
    focal = told["focal_35mm"] / FULL_FRAME_DIAGONAL_MM * math.hypot(width, height)
    yaw, pitch, roll = (math.radians(told[f"{name}_deg"]) for name in ("yaw", "pitch", "roll"))
    up = told["height_m"]
    left, right, depth = (box[f"{name}_m"] / up for name in ("left", "right", "depth"))
    room = RoomBox(left, right, depth, box["ceiling_m"] / up - 1, up, 1.0)
    return Camera(focal, yaw, pitch, roll, width, height), room


def fit(inputs: Floats, good: Floats) -> Floats:
    """Weights of a logistic regression with a little ridge; the last one is the offset."""
    design = np.column_stack([inputs, np.ones(len(inputs))])
    ridge = np.diag([_RIDGE] * inputs.shape[1] + [0.0])
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (good - chance) - ridge @ weights
        curve = (design.T * (chance * (1 - chance) + 1e-9)) @ design + ridge
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def cross_validated(inputs: Floats, good: Floats, folds: NDArray[np.int64]) -> Floats:
    """The chance of each photo by weights that are fitted to the other folds."""
    chances = np.zeros(len(good))
    for fold in np.unique(folds):
        held = folds == fold
        weights = fit(inputs[~held], good[~held])
        chances[held] = 1 / (1 + np.exp(-(inputs[held] @ weights[:-1] + weights[-1])))
    return chances


def best_limit(chances: Floats, empty: Floats) -> float:
    """The least chance that parts empty rooms from the rest best; in the middle of those that do it alike."""
    tries = np.unique(np.concatenate([[0.0], chances, [1.0]]))
    middles = (tries[1:] + tries[:-1]) / 2
    parted = [
        (chances[empty > 0] >= limit).mean() + (chances[empty == 0] < limit).mean()
        for limit in middles
    ]
    return float(np.median(middles[np.isclose(parted, max(parted))]))


def main() -> None:
    """Measure what is not measured yet, write the weights, cross-validate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("signals", type=Path)
    arguments = parser.parse_args()
    if not arguments.signals.exists():
        arguments.signals.write_text(json.dumps(measure(arguments.folder)))
    rows = [row for row in json.loads(arguments.signals.read_text()).values()]
    seen = [row for row in rows if row["signals"] is not None]
    good = np.array([float(row["good"]) for row in seen])
    weighed = [evidence(row["signals"]) for row in seen]
    names = list(weighed[0])
    raw = np.array([[each[name] for name in names] for each in weighed])
    middle, spread = raw[good > 0].mean(axis=0), raw.std(axis=0) + 1e-6
    inputs = (raw - middle) / spread
    weights = fit(inputs, good)
    fitted = {
        name: [round(float(value), 3) for value in (weight, mid, wide)]
        for name, weight, mid, wide in zip(names, weights, middle, spread, strict=False)
    }
    written = {
        "made_by": "python -m training.fit_verdict FOLDER SIGNALS.json",
        "offset": round(float(weights[-1]), 3),
        "weights": fitted,
    }
    _WEIGHTS.write_text(json.dumps(written, indent=1) + "\n")
    folds = np.random.default_rng(0).permutation(len(seen)) % _FOLDS
    _report(rows, seen, cross_validated(inputs, good, folds), folds)


def _report(
    rows: list[dict[str, Any]],
    seen: list[dict[str, Any]],
    chances: Floats,
    folds: NDArray[np.int64],
) -> None:
    empty = np.array([float(row["kind"] == "empty_room") for row in seen])
    good = np.array([float(row["good"]) for row in seen])
    passed = np.array([not look(row["signals"])[1] for row in seen])
    empties = sum(row["kind"] == "empty_room" for row in rows)
    others = len(rows) - empties

    def line(name: str, kept: NDArray[np.bool_]) -> str:
        return (
            f"{name}: empty kept {(kept * empty).sum() / empties:.3f}, "
            f"read right kept {(kept * good).sum() / good.sum():.3f}, "
            f"others refused {1 - (kept * (1 - empty)).sum() / others:.3f}, "
            f"of kept read right {(kept * good).sum() / max(1, kept.sum()):.3f}"
        )

    lines = [f"{len(rows)} photos, {empties} empty, {int(good.sum())} of them read right"]
    for limit in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        lines.append(line(f"limit {limit:.2f}", passed & (chances >= limit)))
    chosen = np.array([best_limit(chances[folds != fold], empty[folds != fold]) for fold in folds])
    lines.append(
        line(
            f"limit of the other folds ({chosen.min():.2f} to {chosen.max():.2f}), without any check",
            chances >= chosen,
        )
    )
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        within = passed & (chances >= low) & (chances < high)
        if within.any():
            lines.append(
                f"said {low:.1f} to {high:.1f}: {good[within].mean():.2f} of {within.sum()} right"
            )
    for name, limit in LIMITS.items():
        known = np.array([row["signals"].get(name, math.nan) for row in seen])
        if np.isnan(known).all():
            continue
        within = ~(known > limit) if name in UPPER_LIMITS else ~(known < limit)
        lines.append(
            f"{name} {limit:g}: {(within & (empty > 0)).sum()} of {int(empty.sum())} empty rooms within, "
            f"{(~within & (empty == 0)).sum()} of {int((1 - empty).sum())} others not"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
