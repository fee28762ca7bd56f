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
    image: cv2.typing.MatLike, segments: Segments, focal_35mm: float | None = None
) -> Camera:
    """The most likely camera; `focal_35mm` (from EXIF) fixes the focal length when given."""
    height, width = image.shape[:2]
    per_mm = math.hypot(width, height) / FULL_FRAME_DIAGONAL_MM
    search = _Search(segments, per_mm, focal_is_free=focal_35mm is None)
    focals = _GRID_FOCALS_MM if focal_35mm is None else (focal_35mm,)
    starts = search.grid([focal * per_mm for focal in focals])[:_REFINED_STARTS]
    score, focal, yaw, pitch, roll = max(search.refine(*start[1:]) for start in starts)
    return Camera(focal, yaw, pitch, roll, width, height, score)


def level_score(segments: Segments, diagonal: float) -> float:
    """How well the best level camera with a usual lens explains the lines of a photo, 0…1."""
    per_mm = diagonal / FULL_FRAME_DIAGONAL_MM
    search = _Search(segments, per_mm, focal_is_free=False)
    return search.grid([focal * per_mm for focal in _LEVEL_FOCALS_MM])[0][0]


def alignment(segments: Segments, focal: float, matrix: Floats, tolerance: float) -> Floats:
    """How well each segment points to each axis's vanishing point, 0…1, (3, n)."""
    axes = matrix.T
    to_point_x = focal * axes[:, 0, None] - axes[:, 2, None] * segments.middles[None, :, 0]
    to_point_y = focal * axes[:, 1, None] - axes[:, 2, None] * segments.middles[None, :, 1]
    norms = np.sqrt(to_point_x**2 + to_point_y**2) + 1e-9
    cross = to_point_x * segments.directions[:, 1] - to_point_y * segments.directions[:, 0]
    aligned: Floats = np.exp(-((cross / norms / tolerance) ** 2))
    return aligned


class _Search:
    """The score of a camera, and the two stages that look for the best."""

    def __init__(self, segments: Segments, per_mm: float, *, focal_is_free: bool) -> None:
        self._segments = segments
        self._per_mm = per_mm
        self._focal_is_free = focal_is_free

    def _score(
        self, focal: float, yaw: float, pitch: float, roll: float, tolerance: float
    ) -> float:
        aligned = alignment(self._segments, focal, rotation(yaw, pitch, roll), tolerance)
        explained = float((aligned.max(axis=0) * self._segments.weights).sum())
        log_focal = math.log(focal / self._per_mm / _TYPICAL_FOCAL_MM) / _FOCAL_SPREAD
        prior = log_focal**2 + (pitch / _PITCH_SPREAD) ** 2 + (roll / _ROLL_SPREAD) ** 2
        return explained / max(self._segments.total, 1e-6) - _PRIOR_WEIGHT * prior / 2

    def grid(self, focals: list[float]) -> list[tuple[float, float, float, float]]:
        """Scores of all level cameras of the grid, best first: (score, focal, yaw, pitch)."""
        scored = [
            (
                self._score(focal, yaw, pitch, 0.0, _COARSE_TOLERANCE),
                focal,
                float(yaw),
                float(pitch),
            )
            for focal in focals
            for pitch in _GRID_PITCHES
            for yaw in _GRID_YAWS
        ]
        return sorted(scored, reverse=True)

    def refine(
        self, focal: float, yaw: float, pitch: float
    ) -> tuple[float, float, float, float, float]:
        """The best camera near a start: (score, focal, yaw, pitch, roll)."""

        def unpack(change: Floats) -> tuple[float, float, float, float]:
            factor = math.exp(change[0]) if self._focal_is_free else 1.0
            return focal * factor, yaw + change[1], pitch + change[2], float(change[3])

        change, cost = nelder_mead(
            lambda point: -self._score(*unpack(point), _FINE_TOLERANCE),
            np.zeros(4),
            np.array([0.08, 0.03, 0.03, 0.015]),
            iterations=120,
        )
        return (-cost, *unpack(change))
