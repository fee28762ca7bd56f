"""The camera of a room photo, from the directions of its straight lines.

A room has three directions (Manhattan world). A camera is good when most long segments point to
one of its three vanishing points. A coarse grid over focal length, yaw and pitch finds the basin;
Nelder-Mead finishes with roll free.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from staging_engine.corners import Corners
from staging_engine.geometry import FULL_FRAME_DIAGONAL_MM, Camera, Floats, rotation
from staging_engine.minimize import nelder_mead

_DETECTION_SIDE = 1000
_SHORTEST_SEGMENT = 0.025
_LONGEST_SEGMENT = 0.35
_COARSE_TOLERANCE = math.radians(2.5)
_FINE_TOLERANCE = math.radians(1.6)
_GRID_FOCALS_MM = (14, 16, 18, 20, 22, 24, 26, 28, 32, 38)
_LEVEL_FOCALS_MM = (18, 26)
_GRID_PITCHES = np.radians(np.arange(-12, 25, 3))
_GRID_YAWS = np.radians(np.arange(-45, 45, 1.5))
_REFINED_STARTS = 6
_PRIOR_WEIGHT = 0.03
# Estate agents' photos are wide-angle, level and upright.
_TYPICAL_FOCAL_MM = 22.0
_FOCAL_SPREAD = 0.45
# What a camera writes about its lens is nearly exact; a crop or a digital zoom changes it a little.
_TOLD_FOCAL_SPREAD = 0.06
_TOLD_FOCALS = (0.93, 1.0, 1.07)
_SENSIBLE_FOCALS_MM = (9.0, 70.0)
# The lines that a person drew count as much as half of all that the photo shows.
_DRAWN_WEIGHT = 0.5
# In diagonals of the photo.
_LEAST_LINES = 3.0
_DRAWN_TOLERANCE = math.radians(1.0)
# The room's axis along which each of the marked lines runs: the left one, the far one, the right one.
_DRAWN_AXES = (1, 0, 1)
_PITCH_SPREAD = math.radians(9)
_ROLL_SPREAD = math.radians(2)


@dataclass(frozen=True, slots=True)
class Segments:
    """Straight lines of a photo: middles (n, 2), unit directions (n, 2), weights (n)."""

    middles: Floats
    directions: Floats
    weights: Floats

    @property
    def total(self) -> float:
        """The weight of all segments together."""
        return float(self.weights.sum())

    def __len__(self) -> int:
        return len(self.weights)


def find_segments(image: cv2.typing.MatLike) -> Segments:
    """The long straight segments of a BGR photo; middles are relative to its centre."""
    height, width = image.shape[:2]
    scale = min(1.0, _DETECTION_SIDE / max(height, width))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.createCLAHE(2.0, (8, 8)).apply(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(grey)[0]
    lines = np.reshape(found if found is not None else [], (-1, 4)).astype(np.float64) / scale
    deltas = lines[:, 2:] - lines[:, :2]
    lengths = np.hypot(deltas[:, 0], deltas[:, 1])
    long = lengths > _SHORTEST_SEGMENT * math.hypot(height, width)
    lines, deltas, lengths = lines[long], deltas[long], lengths[long]
    return Segments(
        middles=(lines[:, :2] + lines[:, 2:]) / 2 - (width / 2, height / 2),
        directions=deltas / np.maximum(lengths, 1e-9)[:, None],
        weights=np.minimum(lengths, _LONGEST_SEGMENT * width),
    )


def estimate_camera(
    image: cv2.typing.MatLike,
    segments: Segments,
    *,
    focal_35mm: float | None = None,
    corners: Corners | None = None,
) -> Camera:
    """The most likely camera: `focal_35mm` is what the camera said of its lens, and `corners` what a person
    said of the floor."""
    height, width = image.shape[:2]
    per_mm = math.hypot(width, height) / FULL_FRAME_DIAGONAL_MM
    low, high = _SENSIBLE_FOCALS_MM
    told = focal_35mm if focal_35mm is not None and low <= focal_35mm <= high else None
    drawn = None if corners is None else _drawn(corners, (width / 2, height / 2))
    search = _Search(segments, per_mm, told, drawn)
    focals = _GRID_FOCALS_MM if told is None else [told * factor for factor in _TOLD_FOCALS]
    starts = search.grid([focal * per_mm for focal in focals])[:_REFINED_STARTS]
    score, focal, yaw, pitch, roll = max(search.refine(*start[1:]) for start in starts)
    return Camera(focal, yaw, pitch, roll, width, height, score)


def _drawn(corners: Corners, center: tuple[float, float]) -> Segments:
    ends = corners.lines - np.array(center)
    deltas = ends[:, 1] - ends[:, 0]
    lengths = np.maximum(np.hypot(deltas[:, 0], deltas[:, 1]), 1e-9)
    return Segments(ends.mean(axis=1), deltas / lengths[:, None], lengths)


def level_score(segments: Segments, diagonal: float) -> float:
    """How well the best level camera with a usual lens explains the lines of a photo, 0…1."""
    per_mm = diagonal / FULL_FRAME_DIAGONAL_MM
    search = _Search(segments, per_mm)
    return search.grid([focal * per_mm for focal in _LEVEL_FOCALS_MM])[0][0]


class _Lines:
    """Segments, prepared to be compared with many cameras."""

    def __init__(self, segments: Segments) -> None:
        self.weights, self.total = segments.weights, segments.total
        (x, y), (dx, dy) = segments.middles.T, segments.directions.T
        self._across = np.stack([dy, -dx, y * dx - x * dy])
        self._squares = np.stack([np.ones_like(x), x, y, x * x + y * y])

    def squared_sines(self, focal: float, matrix: Floats) -> Floats:
        """Of the angle between each segment and each axis's vanishing point, (…, 3, n)."""
        axes = (np.swapaxes(matrix, -1, -2) * (focal, focal, 1.0)).reshape(-1, 3)
        x, y, z = axes.T
        # For a segment at m along d and an axis (x, y, z): ((x, y) - z m) x d, and |(x, y) - z m|², multiplied out.
        crossed = axes @ self._across
        apart = np.stack([x * x + y * y, -2 * z * x, -2 * z * y, z * z], axis=-1) @ self._squares
        sines: Floats = crossed * crossed / np.maximum(apart, 1e-9)
        return sines.reshape(*matrix.shape[:-1], len(self.weights))


class _Search:
    """The score of a camera, and the two stages that look for the best."""

    def __init__(
        self,
        segments: Segments,
        per_mm: float,
        told_focal_mm: float | None = None,
        drawn: Segments | None = None,
    ) -> None:
        self._lines = _Lines(segments)
        self._per_mm = per_mm
        self._focal_mm = told_focal_mm or _TYPICAL_FOCAL_MM
        self._focal_spread = _TOLD_FOCAL_SPREAD if told_focal_mm else _FOCAL_SPREAD
        self._drawn = None if drawn is None else _Lines(drawn)

    def _scores(
        self, focal: float, pitch: Floats, roll: float, matrices: Floats, tolerance: float
    ) -> Floats:
        """The scores of cameras (k) that differ in their direction only; `matrices` is (k, 3, 3)."""
        sines = self._lines.squared_sines(focal, matrices).min(axis=-2)
        explained = np.exp(-sines / tolerance**2) @ self._lines.weights
        total = self._lines.total
        if self._drawn is not None:
            # A few lines of the photo should not overrule those that a person drew.
            total = max(total, _LEAST_LINES * FULL_FRAME_DIAGONAL_MM * self._per_mm)
        log_focal = math.log(focal / self._per_mm / self._focal_mm) / self._focal_spread
        prior = log_focal**2 + (pitch / _PITCH_SPREAD) ** 2 + (roll / _ROLL_SPREAD) ** 2
        scores: Floats = explained / max(total, 1e-6) - _PRIOR_WEIGHT * prior / 2
        if self._drawn is not None:
            drawn = self._drawn.squared_sines(focal, matrices)[..., _DRAWN_AXES, range(3)]
            # Far from exact also counts a little, so that the search is led there.
            near = 1 / (1 + drawn / _DRAWN_TOLERANCE**2)
            scores = scores + _DRAWN_WEIGHT * near.mean(axis=-1)
        return scores

    def grid(self, focals: list[float]) -> list[tuple[float, float, float, float]]:
        """Scores of all level cameras of the grid, best first: (score, focal, yaw, pitch)."""
        pitches, yaws = (
            side.ravel() for side in np.meshgrid(_GRID_PITCHES, _GRID_YAWS, indexing="ij")
        )
        matrices = np.array(
            [rotation(yaw, pitch, 0.0) for yaw, pitch in zip(yaws, pitches, strict=True)]
        )
        scored = []
        for focal in focals:
            scores = self._scores(focal, pitches, 0.0, matrices, _COARSE_TOLERANCE)
            best = np.argsort(-scores, kind="stable")[:_REFINED_STARTS]
            scored += [(float(scores[k]), focal, float(yaws[k]), float(pitches[k])) for k in best]
        return sorted(scored, reverse=True)

    def refine(
        self, focal: float, yaw: float, pitch: float
    ) -> tuple[float, float, float, float, float]:
        """The best camera near a start: (score, focal, yaw, pitch, roll)."""

        def unpack(change: Floats) -> tuple[float, float, float, float]:
            return focal * math.exp(change[0]), yaw + change[1], pitch + change[2], float(change[3])

        def cost_of(change: Floats) -> float:
            moved, turn, tilt, roll = unpack(change)
            matrix = rotation(turn, tilt, roll)
            return -float(self._scores(moved, np.array(tilt), roll, matrix, _FINE_TOLERANCE))

        change, cost = nelder_mead(
            cost_of, np.zeros(4), np.array([0.08, 0.03, 0.03, 0.015]), iterations=120
        )
        return (-cost, *unpack(change))
