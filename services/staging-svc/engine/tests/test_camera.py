"""Camera, room and scale against the rooms' known geometry, and with what a person or the camera can say about it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from staging_engine.geometry import FULL_FRAME_DIAGONAL_MM, Camera
from staging_engine.pipeline import Analysis, analyse
from staging_engine.port import LayoutHint, Point, StagingRefusedError, StagingRequest

ROOMS = Path(__file__).resolve().parents[4] / "examples" / "rooms"


@dataclass(frozen=True)
class Truth:
    """Distances are in camera heights."""

    focal_35mm: float
    yaw_deg: float
    pitch_deg: float
    height_m: float
    left: float
    right: float
    depth: float
    ceiling_m: float

    def camera(self, width: int, height: int) -> Camera:
        """The camera that a photo of this size was taken with."""
        focal = self.focal_35mm / FULL_FRAME_DIAGONAL_MM * math.hypot(width, height)
        yaw, pitch = math.radians(self.yaw_deg), math.radians(self.pitch_deg)
        return Camera(focal, yaw, pitch, 0.0, width, height)


TRUTH = {
    "room_a_living": Truth(19, -14, 4, 1.35, 2.22, 1.63, 4.04, 2.7),
    "room_b_bedroom": Truth(20, 22, 5, 1.40, 0.43, 2.57, 3.07, 2.6),
    "room_c_loft": Truth(20, 3, 4, 1.45, 2.34, 2.07, 4.28, 3.1),
}
USUAL = ("room_a_living", "room_b_bedroom")


def request(name: str) -> StagingRequest:
    return StagingRequest(ROOMS / f"{name}.jpg", Path("unused.jpg"), "bedroom", "modern", seed=1)


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


@pytest.mark.parametrize("name", USUAL)
def test_scale_of_a_usual_room_is_within_a_tenth(
    name: str, analyses: Callable[[str], Analysis]
) -> None:
    assert analyses(name).room.camera_height_m == pytest.approx(TRUTH[name].height_m, rel=0.1)


@pytest.mark.parametrize("name", TRUTH)
def test_ceiling_that_the_customer_knows_gives_the_scale(name: str) -> None:
    room = analyse(replace(request(name), ceiling_height_m=TRUTH[name].ceiling_m)).room
    assert room.camera_height_m == pytest.approx(TRUTH[name].height_m, rel=0.04)
    assert room.ceiling_m == pytest.approx(TRUTH[name].ceiling_m, rel=0.04)


@pytest.mark.parametrize("name", TRUTH)
def test_lens_that_the_camera_names_is_taken(name: str) -> None:
    truth = TRUTH[name]
    camera = analyse(replace(request(name), focal_35mm=truth.focal_35mm)).camera
    assert camera.focal_35mm == pytest.approx(truth.focal_35mm, rel=0.02)
    assert math.degrees(camera.yaw) == pytest.approx(truth.yaw_deg, abs=0.6)


@pytest.mark.parametrize("focal_35mm", [0.0, 4.0, 1200.0])
def test_lens_that_no_camera_has_is_ignored(
    focal_35mm: float, analyses: Callable[[str], Analysis]
) -> None:
    name = "room_b_bedroom"
    assert analyse(replace(request(name), focal_35mm=focal_35mm)).camera == analyses(name).camera


class TestMarkedFloor:
    @pytest.mark.parametrize("name", TRUTH)
    def test_gives_camera_and_room(self, name: str, analyses: Callable[[str], Analysis]) -> None:
        truth, photo = TRUTH[name], analyses(name).photo
        camera = truth.camera(photo.shape[1], photo.shape[0])
        marked = analyse(replace(request(name), layout=_hint(camera, truth.height_m, name)))
        assert marked.room.camera_height_m == pytest.approx(truth.height_m, rel=0.04)
        assert marked.room.left == pytest.approx(truth.left, rel=0.05)
        assert marked.room.right == pytest.approx(truth.right, rel=0.05)
        assert marked.room.depth == pytest.approx(truth.depth, rel=0.05)
        assert {check.code: check.passed for check in marked.checks}["marked_floor"]

    def test_helps_where_no_line_is_seen(self, tmp_path: Path) -> None:
        name = "room_a_living"
        fog = np.full((800, 1200, 3), 120, np.uint8)
        fog[500:] = 90
        camera = TRUTH[name].camera(1200, 800)
        path = _write(tmp_path / "fog.png", fog)
        asked = StagingRequest(path, tmp_path / "out.jpg", "bedroom", "modern")
        with pytest.raises(StagingRefusedError):
            analyse(asked)
        hint = _hint(camera, TRUTH[name].height_m, name)
        marked = analyse(replace(asked, layout=hint, focal_35mm=TRUTH[name].focal_35mm))
        assert marked.room.depth == pytest.approx(TRUTH[name].depth, rel=0.1)
        assert marked.room.camera_height_m == pytest.approx(TRUTH[name].height_m, rel=0.06)

    def test_that_is_no_room_is_refused(self) -> None:
        crossed: tuple[Point, Point, Point, Point] = (
            (0.1, 0.95),
            (0.1, 0.6),
            (0.9, 0.9),
            (0.2, 0.97),
        )
        with pytest.raises(StagingRefusedError) as refused:
            analyse(replace(request("room_a_living"), layout=LayoutHint(crossed)))
        assert refused.value.code == "room_not_found"
        assert {check.code: check.passed for check in refused.value.checks}["marked_floor"] is False


def _hint(camera: Camera, height_m: float, name: str) -> LayoutHint:
    """The corners of a demo room's floor, and a door of 2.03 m at its back wall."""
    truth = TRUTH[name]
    left, right, depth = -truth.left, truth.right, truth.depth
    middle, head = (left + right) / 2, 2.03 / height_m - 1
    points = np.array(
        [
            [left, depth * 0.55, -1.0],
            [left, depth, -1.0],
            [right, depth, -1.0],
            [right, depth * 0.55, -1.0],
            [middle, depth, -1.0],
            [middle, depth, head],
        ]
    )
    pixels, _ = camera.project(points)
    shares = [
        (round(float(u) / camera.width, 3), round(float(v) / camera.height, 3)) for u, v in pixels
    ]
    near_left, far_left, far_right, near_right, foot, top = shares
    return LayoutHint((near_left, far_left, far_right, near_right), (foot, top))


def _write(path: Path, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Path:
    cv2.imwrite(str(path), pixels)
    return path
