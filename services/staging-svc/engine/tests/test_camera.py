"""Camera and room against the rooms' known geometry."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from staging_engine.geometry import Camera
from staging_engine.pipeline import Analysis


@dataclass(frozen=True)
class Truth:
    focal_35mm: float
    yaw_deg: float
    pitch_deg: float
    height_m: float
    left: float
    right: float
    depth: float


TRUTH = {
    "room_a_living": Truth(19, -14, 4, 1.35, 2.22, 1.63, 4.04),
    "room_b_bedroom": Truth(20, 22, 5, 1.40, 0.43, 2.57, 3.07),
    "room_c_loft": Truth(20, 3, 4, 1.45, 2.34, 2.07, 4.28),
}


@pytest.mark.parametrize("name", TRUTH)
def test_camera_is_found(name: str, analyses: Callable[[str], Analysis]) -> None:
    camera, truth = analyses(name).camera, TRUTH[name]
    assert camera.focal_35mm == pytest.approx(truth.focal_35mm, rel=0.05)
    assert math.degrees(camera.yaw) == pytest.approx(truth.yaw_deg, abs=0.6)
    assert math.degrees(camera.pitch) == pytest.approx(truth.pitch_deg, abs=0.5)
    assert math.degrees(camera.roll) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("name", TRUTH)
def test_room_box_is_found(name: str, analyses: Callable[[str], Analysis]) -> None:
    room, truth = analyses(name).room, TRUTH[name]
    assert room.left == pytest.approx(truth.left, rel=0.05)
    assert room.right == pytest.approx(truth.right, rel=0.05)
    assert room.depth == pytest.approx(truth.depth, rel=0.05)


@pytest.mark.parametrize("name", TRUTH)
def test_scale_is_within_a_tenth(name: str, analyses: Callable[[str], Analysis]) -> None:
    assert analyses(name).room.camera_height_m == pytest.approx(TRUTH[name].height_m, rel=0.1)


@pytest.mark.parametrize("name", TRUTH)
def test_floor_is_below_the_horizon(name: str, analyses: Callable[[str], Analysis]) -> None:
    view = analyses(name).view
    assert 0.15 < view.mask.mean() < 0.6
    assert not (view.mask & ~view.below).any()


def test_projection_and_rays_are_inverse() -> None:
    camera = Camera(900.0, 0.3, 0.1, 0.02, 1600, 1067)
    points = np.array([[0.5, 3.0, -1.0], [-1.0, 4.0, 0.4]])
    pixels, depth = camera.project(points)
    rays = camera.rays(pixels)
    back = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    assert np.allclose(back, points / np.linalg.norm(points, axis=1, keepdims=True))
    assert (depth > 0).all()


def test_positive_yaw_looks_right_and_positive_pitch_down() -> None:
    camera = Camera(900.0, math.radians(20), math.radians(10), 0.0, 1600, 1067)
    forward = camera.rays(np.array([800.0, 533.5]))
    assert forward[0] > 0
    assert forward[2] < 0
