"""How well the engine judges, measures and furnishes rooms whose truth is known.

    python bench/engine_quality.py [--library /usr/share/sweethome3d/furniture] [--limit 40]

The photos are rendered once into .stagify/truth: 160 scenes that no network was trained on, about half an
hour on two cores that have nothing else to do. That needs g++ and the models of Debian's package sweethome3d-furniture (`apt-get download` and
`dpkg-deb -x` will do; --library names the folder). Each photo goes through the analysis; the empty rooms that
are kept are planned as a bedroom or a living room, and the first --spoiled of them are made into bad input, of which is
printed what is kept (`spoiled_photos.py`). Nothing is furnished by Blender. Draws docs/images/engine_verdict.svg and
engine_calibration.svg.

A piece counts as in a keep-clear zone if a twentieth of its rectangle is, where the photo really shows it, and
as off the floor if a fifth of what is seen of its rectangle is no floor. Zones whose middle the photo does not
show do not count.
"""

import argparse
import json
import math
import os
import time
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from spoiled_photos import kept_by_kind

from proof.figures import Bar, median, percentile, report
from proof.plots import Point, curve
from staging_engine.blender import child_folder
from staging_engine.footprint import Footprint
from staging_engine.furniture import read_pieces
from staging_engine.geometry import Camera
from staging_engine.labels import CLASSES
from staging_engine.pipeline import Analysis, analyse, site_of
from staging_engine.plan import plan_room
from staging_engine.planner import Placement
from staging_engine.port import StagingRefusedError, StagingRequest
from staging_engine.reading import alike
from staging_svc.projects.rules import SURE
from training.dataset import MEASURING, make_set
from training.fit_verdict import RIGHT, true_room
from training.models import main as make_models

ROOT = Path(__file__).resolve().parent.parent
PHOTOS = ROOT / ".stagify" / "truth"
COUNT, SEED = 160, 7
BARS = (
    Bar("scale error, median", at_most=0.06),
    Bar("scale error, worst tenth", at_most=0.15),
    Bar("pieces in a keep-clear zone", at_most=0),
    Bar("pieces not on floor", at_most=0),
    Bar("empty rooms kept", at_least=0.90),
    Bar("others refused", at_least=0.97),
    Bar("analysis, CPU-seconds, median of those kept", at_most=5),
)
# What stands in front or is cut away: refusing these is as right as keeping them.
_EITHER = ("column", "half_wall", "stairs", "attic")
_LEAST_FLOOR = 0.12
_FOLDS = 5
_THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
# Of the confidence, between which photos are taken together.
_STEPS = (0.0, 0.3, 0.6, 0.8, 0.9, 1.01)
_STANDS_M = 0.05
_TWENTIETH, _FIFTH = 0.05, 0.2
_SLACK_M = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one photo."""

    name: str
    kind: str
    confidence: float
    """0 where the photo was refused."""
    code: str
    seconds: float
    """Of one core."""
    scale: float | None = None
    is_right: bool = False
    """Whether it is an empty room, and floor, walls and ceiling were found where they are."""
    failed: tuple[str, ...] = ()
    """Checks that did not pass."""
    pieces: int = 0
    in_zones: tuple[str, ...] = ()
    off_floor: tuple[str, ...] = ()


def main() -> None:
    """Make the photos if need be, judge them all and report."""
    arguments = _arguments()
    if not (arguments.photos / "truth.json").exists():
        _make_photos(arguments.photos, arguments.library)
    truths = json.loads((arguments.photos / "truth.json").read_text())
    outcomes = [
        _judge(arguments.photos, name, truth)
        for name, truth in list(truths.items())[: arguments.limit]
        if truth["kind"] != "unsure" and not _is_either(truth)
    ]
    rooms = [o.name for o in outcomes if o.scale is not None][: arguments.spoiled]
    figures = _figures(outcomes) | kept_by_kind(arguments.photos, rooms)
    _draw(outcomes)
    raw = {"curve": _curve(outcomes), "photos": [_row(outcome) for outcome in outcomes]}
    report("engine_quality", figures, raw, bars=BARS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--library", type=Path, default=Path("/usr/share/sweethome3d/furniture"))
    parser.add_argument("--limit", type=int, help="judge only the first so many")
    parser.add_argument("--spoiled", type=int, default=12, help="rooms to make bad input from")
    return parser.parse_args()


def _make_photos(folder: Path, library: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    models = folder / "models.npz"
    make_models([str(library), str(models)])
    make_set(
        models,
        folder,
        count=COUNT,
        seed=SEED,
        shares=MEASURING,
        long_side=768,
        samples=5,
        filters=4,
        processes=os.cpu_count() or 1,
    )


def _is_either(truth: dict[str, Any]) -> bool:
    if truth["kind"] != "empty_room":
        return False
    return truth["shares"][0] < _LEAST_FLOOR or any(truth["facts"].get(fact) for fact in _EITHER)


def _judge(folder: Path, name: str, truth: dict[str, Any]) -> Outcome:
    photo = folder / f"{name}.jpg"
    number = int(name)
    room_type = ("living_room", "bedroom")[number % 2]
    request = StagingRequest(photo, Path(os.devnull), room_type, "modern", seed=number)
    started = time.process_time()
    try:
        analysis = analyse(request)
    except StagingRefusedError as error:
        took = time.process_time() - started
        failed = tuple(check.code for check in error.checks if not check.passed)
        return Outcome(name, truth["kind"], 0.0, error.code, took, failed=failed)
    took = time.process_time() - started
    failed = tuple(check.code for check in analysis.checks if not check.passed)
    kept = Outcome(name, truth["kind"], analysis.confidence, "kept", took, failed=failed)
    if truth["kind"] != "empty_room":
        return kept
    labels = cv2.imread(str(folder / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    assert labels is not None
    view = _View(analysis, truth, np.asarray(labels, np.uint8))
    try:
        placements = plan_room(
            site_of(analysis),
            read_pieces(child_folder() / "furniture.json"),
            room_type=room_type,
            style="modern",
            seed=number,
        )
    except StagingRefusedError:
        placements = []
    standing = [piece for piece in placements if piece.position[2] < _STANDS_M]
    return replace(
        kept,
        scale=view.scale(),
        is_right=alike(analysis.camera, analysis.room, *true_room(truth)) >= RIGHT,
        pieces=len(standing),
        in_zones=tuple(piece.name for piece in standing if view.is_in_a_zone(piece)),
        off_floor=tuple(piece.name for piece in standing if view.is_off_floor(piece)),
    )


class _View:
    """The found room and the true one, over the same photo."""

    def __init__(
        self, analysis: Analysis, truth: dict[str, Any], labels: NDArray[np.uint8]
    ) -> None:
        self.found, self.found_height = analysis.camera, analysis.room.camera_height_m
        self.true, self.true_height = true_room(truth)[0], float(truth["camera"]["height_m"])
        self.is_floor = labels == CLASSES.index("floor")
        self.zones = [zone for zone in truth["zones"] if self._is_shown(zone)]

    def scale(self) -> float:
        """How large pieces are drawn in relation to their true size: median over the floor."""
        rows, columns = np.nonzero(self.is_floor[4::16, 4::16])
        pixels = np.stack([columns, rows], axis=-1).astype(np.float64) * 16 + 4.5
        found, true = _depths(self.found, pixels), _depths(self.true, pixels)
        both = (found > 0) & (true > 0) & (true * self.true_height < 8)
        if not both.any():
            return math.inf
        near = self.found.focal / (found[both] * self.found_height)
        return float(np.median(near / (self.true.focal / (true[both] * self.true_height))))

    def is_in_a_zone(self, piece: Placement) -> bool:
        """Whether a part of it really stands where it must not."""
        points, is_seen = self._points(piece)
        if not is_seen.any():
            return False
        ground = self._true_ground(points[is_seen])
        for zone in self.zones:
            low, high = np.array(zone["low"]) + _SLACK_M, np.array(zone["high"]) - _SLACK_M
            inside = ((ground > low) & (ground < high)).all(axis=1)
            if inside.sum() > _TWENTIETH * len(points):
                return True
        return False

    def is_off_floor(self, piece: Placement) -> bool:
        """Whether much of its place is something else than floor."""
        points, is_seen = self._points(piece)
        if not is_seen.any():
            return False
        columns, rows = points[is_seen].astype(int).T
        return float(self.is_floor[rows, columns].mean()) < 1 - _FIFTH

    def _points(self, piece: Placement) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Pixels of a grid over its rectangle, and whether they lie in the photo."""
        x, y, _ = piece.position
        width, depth, _ = piece.size
        place = Footprint(x, y, width, depth, piece.rotation)
        steps = np.linspace(-0.5, 0.5, 9)
        ground = [place.at(a * width, b * depth) for a in steps for b in steps]
        pixels, depths = self.found.project([[a, b, -self.found_height] for a, b in ground])
        height, width_px = self.is_floor.shape
        inside = (pixels >= 0).all(axis=1) & (pixels[:, 0] < width_px) & (pixels[:, 1] < height)
        return pixels, inside & (depths > 0)

    def _true_ground(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        rays = self.true.rays(pixels)
        down = np.minimum(rays[:, 2:], -1e-6)
        ground: NDArray[np.float64] = rays[:, :2] / -down * self.true_height
        return ground

    def _is_shown(self, zone: dict[str, Any]) -> bool:
        x, y = (np.array(zone["low"]) + np.array(zone["high"])) / 2
        pixel, depth = self.true.project([x, y, 1.0 - self.true_height])
        u, v = pixel
        return bool(depth > 0 and 0 <= u < self.true.width and 0 <= v < self.true.height)


def _depths(camera: Camera, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Along the view, to the floor, in camera heights; negative above the horizon."""
    down = -camera.rays(pixels)[:, 2]
    depths: NDArray[np.float64] = np.where(down > 0.03, 1 / np.maximum(down, 0.03), -1.0)
    return depths


def _figures(outcomes: list[Outcome]) -> dict[str, Any]:
    empty = [o for o in outcomes if o.kind == "empty_room"]
    others = [o for o in outcomes if o.kind != "empty_room"]
    errors = [abs(o.scale - 1) for o in empty if o.scale is not None]
    folds = _cross_validated(outcomes)
    wrong = Counter(o.kind for o in others if o.code == "kept")
    return {
        "photos": len(outcomes),
        "empty rooms": len(empty),
        "empty rooms kept": _share(o.code == "kept" for o in empty),
        "others refused": _share(o.code != "kept" for o in others),
        "others kept, by kind": dict(wrong),
        "empty rooms kept, threshold from the other folds": folds[0],
        "others refused, threshold from the other folds": folds[1],
        "area under the curve, confidence": _area(
            [o.confidence for o in empty], [o.confidence for o in others]
        ),
        "kept empty rooms read right": _share(o.is_right for o in empty if o.code == "kept"),
        "kept empty rooms with a check to look at": _share(
            bool(o.failed) for o in empty if o.code == "kept"
        ),
        "kept empty rooms to look at": _share(
            o.confidence < SURE for o in empty if o.code == "kept"
        ),
        "scale error, median": median(errors) if errors else math.inf,
        "scale error, worst tenth": percentile(errors, 0.9) if errors else math.inf,
        "scale, median": median([o.scale for o in empty if o.scale is not None] or [math.inf]),
        "pieces": sum(o.pieces for o in empty),
        "pieces in a keep-clear zone": sum(len(o.in_zones) for o in empty),
        "pieces not on floor": sum(len(o.off_floor) for o in empty),
        "analysis, CPU-seconds, median": median([o.seconds for o in outcomes]),
        "analysis, CPU-seconds, median of those kept": median(
            [o.seconds for o in outcomes if o.code == "kept"] or [math.inf]
        ),
        "load average": os.getloadavg()[0],
    }


def _share(values: Any) -> float:
    found = list(values)
    return sum(found) / len(found) if found else math.nan


def _area(above: list[float], below: list[float]) -> float:
    """How often an empty room has the higher value; ties count half."""
    pairs = np.subtract.outer(above, below)
    return float(((pairs > 0) + 0.5 * (pairs == 0)).mean()) if pairs.size else math.nan


def _cross_validated(outcomes: list[Outcome]) -> tuple[float, float]:
    """With the threshold of confidence that serves the other folds best: kept empty rooms, refused others."""
    kept: list[bool] = []
    refused: list[bool] = []
    for fold in range(_FOLDS):
        known = [o for i, o in enumerate(outcomes) if i % _FOLDS != fold]
        threshold = max(sorted({o.confidence for o in known}), key=lambda t: _balance(known, t))
        for outcome in outcomes[fold::_FOLDS]:
            is_kept = outcome.confidence >= threshold > 0
            (kept if outcome.kind == "empty_room" else refused).append(
                is_kept == (outcome.kind == "empty_room")
            )
    return _share(kept), _share(refused)


def _balance(outcomes: list[Outcome], threshold: float) -> float:
    empty = _share(o.confidence >= threshold > 0 for o in outcomes if o.kind == "empty_room")
    others = _share(not o.confidence >= threshold > 0 for o in outcomes if o.kind != "empty_room")
    return empty + others


def _curve(outcomes: list[Outcome]) -> list[dict[str, float]]:
    return [
        {
            "threshold": round(t, 3),
            "empty_kept": _share(o.confidence >= t > 0 for o in outcomes if o.kind == "empty_room"),
            "others_refused": _share(
                not o.confidence >= t > 0 for o in outcomes if o.kind != "empty_room"
            ),
            "kept_read_right": _share(o.is_right for o in outcomes if o.confidence >= t > 0),
        }
        for t in _THRESHOLDS
    ]


def _draw(outcomes: list[Outcome]) -> None:
    points = _curve(outcomes)
    series: dict[str, list[Point]] = {
        label: [(point["threshold"], 100 * point[key]) for point in points]
        for label, key in (
            ("empty rooms kept", "empty_kept"),
            ("others refused", "others_refused"),
            ("read right, of those kept", "kept_read_right"),
        )
    }
    curve(
        "engine_verdict",
        "Photos with all checks passed, by the least confidence that is asked for",
        x_label="least confidence",
        y_label="per cent",
        series=series,
        logarithmic=False,
    )
    kept = [o for o in outcomes if o.code == "kept"]
    calibrated: list[Point] = []
    for low, high in pairwise(_STEPS):
        within = [o for o in kept if low <= o.confidence < high]
        if within:
            said = sum(o.confidence for o in within) / len(within)
            calibrated.append((said, _share(o.is_right for o in within)))
    curve(
        "engine_calibration",
        "How often a room was read right, by the confidence that was said",
        x_label="confidence",
        y_label="share read right",
        series={"measured": calibrated, "as said": [(0.0, 0.0), (1.0, 1.0)]},
        logarithmic=False,
    )


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "kind": outcome.kind,
        "code": outcome.code,
        "confidence": round(outcome.confidence, 3),
        "is_right": outcome.is_right,
        "failed": outcome.failed,
        "scale": None if outcome.scale is None else round(outcome.scale, 3),
        "in_zones": outcome.in_zones,
        "off_floor": outcome.off_floor,
    }


if __name__ == "__main__":
    main()
