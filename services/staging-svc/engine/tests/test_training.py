"""The rendered rooms: what their truth says is where it says."""

import numpy as np
import pytest

from training.models import Model
from training.rooms import make_room
from training.stage import FLOOR, WALL, Set
from training.views import make_camera
from training.walls import WallFrame, build_wall

CUBE = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32) - 0.5
FACES = np.array([[0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4]], np.int32)


def model(category: str, height: float) -> Model:
    size = (0.8, 0.6, height)
    points = (CUBE + np.array([0, 0, 0.5], np.float32)) * np.array(size, np.float32)
    grey = np.full((len(FACES), 3), 0.5, np.float32)
    return Model(f"a {category}", category, size, 0.0, points, FACES, grey)


CATEGORIES = (
    "Living room",
    "Bedroom",
    "Office",
    "Miscellaneous",
    "Lights",
    "Kitchen",
    "Bathroom",
    "Characters",
)
MODELS = [model(category, height) for category in CATEGORIES for height in (0.8, 1.7)]


@pytest.mark.parametrize(
    "kind", ["empty_room", "furnished_room", "bathroom", "kitchen", "corridor", "stairs", "person"]
)
def test_the_same_seed_makes_the_same_room(kind: str) -> None:
    first, again = (
        make_room(np.random.default_rng([4, 2]), kind, MODELS, (384, 288)) for _ in range(2)
    )
    assert np.array_equal(
        np.concatenate(first.set.mesh.corners), np.concatenate(again.set.mesh.corners)
    )
    assert first.camera == again.camera
    assert first.set.zones == again.set.zones


@pytest.mark.parametrize("seed", range(20))
def test_cameras_stand_in_their_rooms_and_zones_lie_in_them(seed: int) -> None:
    shot = make_room(np.random.default_rng(seed), "empty_room", MODELS, (384, 288))
    box = shot.box
    assert box is not None
    assert min(box.left, box.right) >= 0.3
    assert box.depth > 1.5
    assert 0.5 < shot.place[2] < box.ceiling
    for zone in shot.set.zones:
        assert zone.low[0] < box.right + 0.01
        assert zone.high[0] > -box.left - 0.01
        assert zone.low[1] < box.depth + 0.01


@pytest.mark.parametrize("seed", range(10))
def test_the_floor_is_drawn_where_the_camera_says_it_is(seed: int) -> None:
    """Of the triangles that the pixel of a floor point meets, the nearest is floor."""
    random = np.random.default_rng(seed)
    shot = make_room(random, "corridor", MODELS, (384, 288))
    assert shot.box is not None
    corners = np.concatenate(shot.set.mesh.corners).astype(np.float64)
    labels = np.array([m.label for m in shot.set.mesh.materials])[
        np.concatenate(shot.set.mesh.material_of)
    ]
    eye = np.array(shot.place)
    point = np.array([0.0, shot.box.depth * 0.6, 0.0])
    pixel, depth = shot.camera.project(point - eye)
    assert depth > 0
    ray = shot.camera.rays(pixel)
    assert labels[nearest(corners, eye, ray)] == FLOOR


def nearest(corners: np.ndarray, eye: np.ndarray, ray: np.ndarray) -> int:
    """The triangle that a ray meets first."""
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(ray, e2)
    det = (e1 * p).sum(axis=1)
    det = np.where(np.abs(det) < 1e-12, 1e-12, det)
    q = eye - corners[:, 0]
    u = (q * p).sum(axis=1) / det
    r = np.cross(q, e1)
    v = (r @ ray) / det
    t = (e2 * r).sum(axis=1) / det
    met = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-6)
    return int(np.where(met, t, np.inf).argmin())


def test_walls_are_whole_around_their_holes() -> None:
    scene = Set(np.random.default_rng(1))
    wall = WallFrame("far", (0.0, 0.0), (1, 0), (0, -1), 5.0, 2.5)
    build_wall(
        scene, wall, scene.material((1, 1, 1), WALL), [(1.0, 2.0, 0.0, 2.0), (3.0, 4.0, 1.0, 2.0)]
    )
    corners = np.concatenate(scene.mesh.corners)
    front = corners[(np.abs(corners[..., 1]) < 1e-6).all(axis=1)]
    areas = (
        np.linalg.norm(np.cross(front[:, 1] - front[:, 0], front[:, 2] - front[:, 0]), axis=1) / 2
    )
    assert areas.sum() == pytest.approx(5.0 * 2.5 - 2.0 - 1.0)


@pytest.mark.parametrize(("listing", "low", "high"), [(True, 0.95, 1.3), (False, 1.25, 1.7)])
def test_listing_cameras_stand_lower(listing: bool, low: float, high: float) -> None:
    random = np.random.default_rng(1)
    heights = [make_camera(random, 384, 288, 0.0, listing=listing)[1] for _ in range(50)]
    assert low < min(heights) <= max(heights) < high
