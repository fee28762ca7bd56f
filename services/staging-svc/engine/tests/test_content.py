"""What must be refused because of what it shows, and what must not."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from staging_engine.camera import find_segments
from staging_engine.content import check_content, floor_cover
from staging_engine.floor import find_floor
from staging_engine.geometry import Camera
from staging_engine.hints import BLACK_BARS, SIDEWAYS, find_hints
from staging_engine.labels import CLASSES, read_labels
from staging_engine.pipeline import Analysis, analyse
from staging_engine.port import Hint, StagingRefusedError, StagingRequest
from staging_engine.verdict import LIMITS

Picture = NDArray[np.uint8]
NAMES = ("room_a_living", "room_b_bedroom", "room_c_loft")


def plan() -> Picture:
    """A floor plan: walls, a door, names of rooms."""
    picture = np.full((900, 1200, 3), 255, np.uint8)
    for left, top, right, bottom in (
        (150, 120, 620, 500),
        (620, 120, 1050, 500),
        (150, 500, 1050, 800),
    ):
        cv2.rectangle(picture, (left, top), (right, bottom), (0, 0, 0), 8)
        cv2.putText(picture, "Bedroom 12 m2", (left + 60, top + 150), 0, 1.0, (90, 90, 90), 2)
    cv2.ellipse(picture, (620, 800), (90, 90), 0, 180, 270, (0, 0, 0), 2)
    return picture


def outdoors() -> Picture:
    """Sky, a wall with windows, a lawn."""
    random = np.random.default_rng(1)
    picture = np.zeros((800, 1200, 3), np.uint8)
    picture[:300] = np.linspace((200, 140, 70), (240, 190, 130), 300)[:, None].astype(np.uint8)
    picture[300:600] = (150, 170, 190)
    for left in range(100, 1100, 200):
        cv2.rectangle(picture, (left, 360), (left + 90, 520), (60, 50, 40), -1)
    picture[600:] = (40, 120, 60)
    picture[600:] += random.integers(0, 70, picture[600:].shape, dtype=np.uint8)
    return picture


def refusal(check: Callable[[], object]) -> str:
    with pytest.raises(StagingRefusedError) as refused:
        check()
    assert refused.value.message
    return refused.value.code


@pytest.mark.parametrize("quality", [95, 60])
def test_plan_is_no_room(tmp_path: Path, quality: int) -> None:
    path = tmp_path / "plan.jpg"
    cv2.imwrite(str(path), plan(), [cv2.IMWRITE_JPEG_QUALITY, quality])
    request = StagingRequest(path, tmp_path / "out.jpg", "bedroom", "modern")
    assert refusal(lambda: analyse(request)) == "not_a_room"


def test_outdoors_is_no_room(tmp_path: Path) -> None:
    path = tmp_path / "house.png"
    cv2.imwrite(str(path), outdoors())
    request = StagingRequest(path, tmp_path / "out.jpg", "bedroom", "modern")
    assert refusal(lambda: analyse(request)) == "not_a_room"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("light", [0.5, 1.0, 1.3])
def test_inside_of_a_room_is_never_called_something_else(
    name: str, light: float, analyses: Callable[[str], Analysis]
) -> None:
    check_content(np.clip(analyses(name).photo * light, 0, 255).astype(np.uint8))


def test_room_whose_walls_are_white_as_paper_is_a_room(
    tmp_path: Path, analyses: Callable[[str], Analysis]
) -> None:
    """As after an exposure that was too long; the walls take half of the photo."""
    analysis = analyses("room_b_bedroom")
    assert analysis.labels is not None
    walls = analysis.labels.shares[CLASSES.index("wall")] > 0.5
    size = (analysis.photo.shape[1], analysis.photo.shape[0])
    picture = analysis.photo.copy()
    picture[cv2.resize(walls.astype(np.uint8), size) > 0] = 255
    with pytest.raises(StagingRefusedError, match="drawing"):
        check_content(picture)
    path = tmp_path / "white.png"
    cv2.imwrite(str(path), picture)
    request = StagingRequest(path, tmp_path / "out.jpg", "bedroom", "modern")
    assert analyse(request).confidence > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_empty_floor_is_empty_whatever_the_sun_does(
    name: str, analyses: Callable[[str], Analysis]
) -> None:
    analysis = analyses(name)
    covered, hole = floor_cover(analysis.view, analysis.room)
    assert covered < LIMITS["covered"] or hole < LIMITS["hole"]
    assert analysis.hints == ()


@pytest.mark.parametrize("name", NAMES)
def test_things_on_the_floor_are_noticed(name: str, analyses: Callable[[str], Analysis]) -> None:
    analysis = analyses(name)
    camera, room = analysis.camera, analysis.room
    furnished = analysis.photo.copy()
    for across in ((-2.0, -0.5), (0.6, 2.4)):
        _block(furnished, camera, across, (2.0, 3.0))
    covered, hole = floor_cover(find_floor(furnished, camera), room)
    assert covered > LIMITS["covered"]
    assert hole > LIMITS["hole"]


def test_end_of_a_wall_beside_the_camera_is_no_thing(
    tmp_path: Path, analyses: Callable[[str], Analysis]
) -> None:
    """It hides the floor down to the lower edge of the photo."""
    analysis = analyses("room_c_loft")
    assert analysis.labels is not None
    photo = analysis.photo.copy()
    wide = photo.shape[1] // 4
    photo[:, :wide] = photo[10:80, -80:-10].mean(axis=(0, 1))
    columns = analysis.labels.shares.shape[2] // 4
    shares = analysis.labels.shares.copy()
    shares[:, :, :columns] = 0.0
    shares[CLASSES.index("wall"), :, :columns] = 1.0
    labels = replace(analysis.labels, shares=shares)
    view = find_floor(photo, analysis.camera, labels)
    assert floor_cover(view, analysis.room)[1] > LIMITS["large_hole"]
    assert floor_cover(view, analysis.room, labels)[1] < LIMITS["hole"]


Span = tuple[float, float]
Cuboid = tuple[Span, Span, Span]
CHAIR: tuple[Cuboid, ...] = (
    *(((x, x + 0.05), (y, y + 0.05), (0.0, 0.45)) for x in (0.3, 0.68) for y in (3.18, 2.8)),
    ((0.3, 0.73), (3.18, 3.23), (0.48, 0.95)),
    ((0.3, 0.73), (2.8, 3.23), (0.43, 0.48)),
)
BOXES: tuple[Cuboid, ...] = (
    ((-0.9, -0.4), (3.2, 3.7), (0.0, 0.4)),
    ((-0.3, 0.2), (3.0, 3.5), (0.0, 0.45)),
    ((-0.2, 0.15), (3.05, 3.4), (0.45, 0.8)),
)
ISLAND: tuple[Cuboid, ...] = (((-0.6, 1.2), (2.4, 3.1), (0.0, 0.92)),)


@pytest.mark.parametrize(
    ("things", "colour"),
    [
        pytest.param(CHAIR, (40, 60, 90), id="a single chair"),
        pytest.param(BOXES, (85, 135, 175), id="removal boxes"),
        pytest.param(ISLAND, (235, 235, 235), id="a kitchen island"),
    ],
)
def test_room_with_few_things_is_not_empty(
    things: tuple[Cuboid, ...],
    colour: tuple[int, int, int],
    tmp_path: Path,
    analyses: Callable[[str], Analysis],
) -> None:
    analysis = analyses("room_c_loft")
    picture = analysis.photo.copy()
    for cuboid in things:
        _paint(picture, analysis.camera, analysis.room.camera_height_m, cuboid, colour)
    path = tmp_path / "things.png"
    cv2.imwrite(str(path), picture)
    request = StagingRequest(path, tmp_path / "out.jpg", "bedroom", "modern")
    assert refusal(lambda: analyse(request)) == "already_furnished"


def _paint(
    picture: Picture,
    camera: Camera,
    height_m: float,
    cuboid: Cuboid,
    colour: tuple[int, int, int],
) -> None:
    """The sides of a cuboid (metres: across, away, over the floor) that the camera sees, each in its light."""
    (left, right), (near, far), (low, high) = cuboid
    side = left if left > 0 else right
    faces = [
        (0.8, [(left, near, low), (right, near, low), (right, near, high), (left, near, high)]),
        (1.1, [(left, near, high), (right, near, high), (right, far, high), (left, far, high)]),
    ]
    if left > 0 or right < 0:
        faces.append(
            (0.6, [(side, near, low), (side, far, low), (side, far, high), (side, near, high)])
        )
    for light, corners in faces:
        pixels, _ = camera.project(np.array(corners) / height_m - (0, 0, 1))
        shade = [min(255.0, each * light) for each in colour]
        cv2.fillConvexPoly(picture, pixels.round().astype(np.int32), shade, cv2.LINE_AA)


def hints_of(photo: Picture) -> tuple[Hint, ...]:
    return find_hints(photo, find_segments(photo), read_labels(photo))


def _block(
    picture: Picture, camera: Camera, across: tuple[float, float], along: tuple[float, float]
) -> None:
    """Paint a block on the floor, in camera heights and in a colour that no floor has."""
    corners = np.array([(x, y, z) for x in across for y in along for z in (-1.0, 0.3)])
    pixels, _ = camera.project(corners)
    hull = cv2.convexHull(pixels.astype(np.int32))
    cv2.fillConvexPoly(picture, hull, (120, 40, 20))


class TestHints:
    def test_black_bars(self, analyses: Callable[[str], Analysis]) -> None:
        photo = analyses("room_a_living").photo
        assert BLACK_BARS not in hints_of(photo)
        for bars in ((60, 60, 0, 0), (0, 0, 80, 80)):
            barred = np.asarray(cv2.copyMakeBorder(photo, *bars, cv2.BORDER_CONSTANT), np.uint8)
            assert BLACK_BARS in hints_of(barred)

    def test_one_dark_side_is_no_bar(self, analyses: Callable[[str], Analysis]) -> None:
        photo = analyses("room_a_living").photo
        shaded = np.asarray(cv2.copyMakeBorder(photo, 60, 0, 0, 0, cv2.BORDER_CONSTANT), np.uint8)
        assert BLACK_BARS not in hints_of(shaded)

    def test_room_that_is_recognised_does_not_lie_on_its_side(
        self, analyses: Callable[[str], Analysis]
    ) -> None:
        """Boards, blinds and grooves may have more lines than the room."""
        analysis = analyses("room_a_living")
        lying = np.asarray(cv2.rotate(_lines(), cv2.ROTATE_90_CLOCKWISE), np.uint8)
        assert analysis.labels is not None
        assert find_hints(analysis.photo, find_segments(lying), analysis.labels) == ()

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE])
    def test_room_on_its_side_is_noticed_whatever_its_lines_say(
        self, name: str, turn: int, analyses: Callable[[str], Analysis]
    ) -> None:
        lying = np.asarray(cv2.rotate(analyses(name).photo, turn), np.uint8)
        none = find_segments(np.full_like(lying, 128))
        assert SIDEWAYS in find_hints(lying, none, read_labels(lying))

    def test_somebody_in_the_photo_is_not_a_photo_on_its_side(
        self, analyses: Callable[[str], Analysis]
    ) -> None:
        """Turned, the network knows the room and not the person."""
        lying = np.asarray(
            cv2.rotate(analyses("room_a_living").photo, cv2.ROTATE_90_CLOCKWISE), np.uint8
        )
        labels = read_labels(lying)
        somebody = replace(labels, kinds=dict.fromkeys(labels.kinds, 0.0) | {"person": 0.9})
        none = find_segments(np.full_like(lying, 128))
        assert find_hints(lying, none, somebody) == ()

    def test_lines_alone_do_not_turn_a_furnished_room_that_is_known_upright(
        self, analyses: Callable[[str], Analysis]
    ) -> None:
        analysis = analyses("room_a_living")
        assert analysis.labels is not None
        furnished = replace(analysis.labels, kinds={**analysis.labels.kinds, "empty_room": 0.0})
        lying = np.asarray(cv2.rotate(_lines(), cv2.ROTATE_90_CLOCKWISE), np.uint8)
        assert find_hints(analysis.photo, find_segments(lying), furnished) == ()

    @pytest.mark.parametrize("turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE])
    def test_sideways(self, turn: int) -> None:
        upright = _lines()
        assert SIDEWAYS not in hints_of(upright)
        lying = np.asarray(cv2.rotate(upright, turn), np.uint8)
        assert SIDEWAYS in hints_of(lying)

    def test_sideways_photo_is_refused_with_the_remedy(self, tmp_path: Path) -> None:
        path = tmp_path / "lying.png"
        cv2.imwrite(str(path), cv2.rotate(_lines(), cv2.ROTATE_90_CLOCKWISE))
        with pytest.raises(StagingRefusedError) as refused:
            analyse(StagingRequest(path, tmp_path / "out.jpg", "bedroom", "modern"))
        assert refused.value.message == SIDEWAYS.message

    def test_hints_come_with_a_refusal(self, tmp_path: Path) -> None:
        blank = np.full((800, 1200, 3), 200, np.uint8)
        blank[:60] = blank[-60:] = 0
        path = tmp_path / "blank.png"
        cv2.imwrite(str(path), blank)
        with pytest.raises(StagingRefusedError) as refused:
            analyse(StagingRequest(path, tmp_path / "out.jpg", "bedroom", "modern"))
        assert refused.value.hints == (BLACK_BARS,)


def _lines() -> Picture:
    """The edges of a room that is seen over a corner."""
    camera = Camera(900.0, math.radians(32), math.radians(3), 0.0, 1200, 800)
    picture = np.full((800, 1200, 3), 225, np.uint8)
    steps = np.linspace(0.0, 1.0, 60)[:, None]
    ends = [((x, 1.0, -1.0), (x, 6.0, -1.0)) for x in np.arange(-4.0, 5.0, 0.6)]
    ends += [((-4.0, y, -1.0), (5.0, y, -1.0)) for y in np.arange(1.0, 6.5, 0.8)]
    ends += [((x, 6.0, -1.0), (x, 6.0, 1.2)) for x in np.arange(-4.0, 5.0, 0.7)]
    ends += [((5.0, y, -1.0), (5.0, y, 1.2)) for y in np.arange(1.0, 6.0, 0.7)]
    for start, end in ends:
        pixels, depth = camera.project(np.array(start) * (1 - steps) + np.array(end) * steps)
        seen = pixels[depth > 0.3].astype(np.int32)
        if len(seen) > 1:
            cv2.line(picture, seen[0].tolist(), seen[-1].tolist(), (40, 40, 40), 2, cv2.LINE_AA)
    return picture
