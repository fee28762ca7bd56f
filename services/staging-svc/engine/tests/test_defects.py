"""Pictures that are useless whatever they show."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from staging_engine.defects import check_colour, check_picture
from staging_engine.labels import CLASSES, Labels
from staging_engine.pipeline import Analysis
from staging_engine.port import StagingRefusedError

Picture = NDArray[np.uint8]
NAMES = ("room_a_living", "room_b_bedroom", "room_c_loft")


def refusal(picture: Picture) -> str:
    with pytest.raises(StagingRefusedError) as refused:
        check_picture(picture)
    return refused.value.message


@pytest.fixture
def rooms(analyses: Callable[[str], Analysis]) -> list[Picture]:
    """The demo rooms, all of one size."""
    return [np.asarray(cv2.resize(analyses(name).photo, (900, 600)), np.uint8) for name in NAMES]


def test_room_is_no_defect(rooms: list[Picture]) -> None:
    for room in rooms:
        check_picture(room)
        check_picture(np.asarray(room * 0.5, np.uint8))


@pytest.mark.parametrize("colour", [130, 255])
def test_one_colour(colour: int) -> None:
    assert "one colour" in refusal(np.full((600, 900, 3), colour, np.uint8))


def test_night(rooms: list[Picture]) -> None:
    assert "dark" in refusal(np.asarray(rooms[0] * 0.1, np.uint8))
    assert "dark" in refusal(np.zeros((600, 900, 3), np.uint8))


@pytest.mark.parametrize("colour", [0, 128, 255])
@pytest.mark.parametrize("bars", [(60, 60, 0, 0), (0, 0, 90, 90), (40, 120, 0, 0)])
def test_bars(rooms: list[Picture], bars: tuple[int, int, int, int], colour: int) -> None:
    barred = cv2.copyMakeBorder(rooms[1], *bars, cv2.BORDER_CONSTANT, value=(colour,) * 3)
    assert "bars" in refusal(np.asarray(barred, np.uint8))


def test_screenshot(rooms: list[Picture]) -> None:
    screen = np.full((1600, 900, 3), 24, np.uint8)
    screen[500:1100] = rooms[0]
    cv2.putText(screen, "12:41", (40, 60), 0, 1.5, (255, 255, 255), 3)
    assert "screenshots" in refusal(screen)


def test_round_picture(rooms: list[Picture]) -> None:
    disc = np.zeros((600, 900), np.uint8)
    cv2.circle(disc, (450, 300), 400, 1, -1)
    assert "fish-eye" in refusal(np.asarray(rooms[0] * disc[..., None], np.uint8))


@pytest.mark.parametrize("gap", [0, 6, 20])
def test_collage(rooms: list[Picture], gap: int) -> None:
    for stack, size in ((np.hstack, (600, gap, 3)), (np.vstack, (gap, 900, 3))):
        pieces = [rooms[0], np.full(size, 255, np.uint8), rooms[1]]
        assert "several pictures" in refusal(np.asarray(stack(pieces), np.uint8))


def test_collage_of_four_without_gaps(rooms: list[Picture]) -> None:
    rows = [np.hstack([rooms[0], rooms[1]]), np.hstack([rooms[2], rooms[0]])]
    assert "several pictures" in refusal(np.asarray(np.vstack(rows), np.uint8))


@pytest.mark.parametrize("shade", [18, 245, 255])
@pytest.mark.parametrize("turns", range(4))
def test_screenshot_with_a_bar_at_one_edge(rooms: list[Picture], shade: int, turns: int) -> None:
    for room in rooms:
        bar = np.full((50, 900, 3), shade, np.uint8)
        cv2.putText(bar, "9:41   photos.example", (30, 36), 0, 1.0, (255 - shade,) * 3, 2)
        # Where the photo is as white as the bar, nothing tells them apart.
        edge = np.clip(room, 0, 235)
        screen = np.asarray(np.vstack([bar, edge]), np.uint8)
        assert "screenshot" in refusal(np.ascontiguousarray(np.rot90(screen, turns)))


@pytest.mark.parametrize("frame", [12, 250])
def test_photo_of_a_screen_or_a_print(rooms: list[Picture], frame: int) -> None:
    for room in rooms:
        desk = np.random.default_rng(1).normal(110, 6, (900, 1200, 3)).clip(0, 255)
        shown = np.array([[130, 110], [1090, 70], [1050, 760], [160, 720]], np.float32)
        rim = shown + np.array([[-26, -26], [26, -26], [26, 30], [-26, 30]], np.float32)
        cv2.fillConvexPoly(desk, rim.astype(np.int32), (frame,) * 3)
        corners = np.array([[0, 0], [900, 0], [900, 600], [0, 600]], np.float32)
        turn = cv2.getPerspectiveTransform(corners, shown)
        seen = cv2.warpPerspective(room, turn, (1200, 900))
        inside = cv2.warpPerspective(np.ones((600, 900), np.uint8), turn, (1200, 900)) > 0
        desk[inside] = seen[inside]
        assert "of a screen" in refusal(desk.astype(np.uint8))


@pytest.mark.parametrize("colour", [(255, 255, 255), (225, 238, 245), (0, 0, 0)])
@pytest.mark.parametrize("rim", [14, 50])
def test_frame_around_the_photo(
    rooms: list[Picture], colour: tuple[int, int, int], rim: int
) -> None:
    for room in rooms:
        framed = cv2.copyMakeBorder(room, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=colour)
        assert "frame" in refusal(np.asarray(framed, np.uint8))


@pytest.mark.parametrize("turns", [0, 1])
@pytest.mark.parametrize("wide", [1200, 1500])
def test_photo_between_blurred_parts_of_itself(rooms: list[Picture], turns: int, wide: int) -> None:
    for room in rooms:
        whole = cv2.GaussianBlur(cv2.resize(room, (wide, 600)), (0, 0), 25)
        left = (wide - 900) // 2
        whole[:, left : left + 900] = room
        shown = np.ascontiguousarray(np.rot90(whole, turns), np.uint8)
        assert "blurred" in refusal(shown)


def test_blurred_photo_is_not_taken_for_one_between_blurred_parts(rooms: list[Picture]) -> None:
    for room in rooms:
        check_picture(np.asarray(cv2.GaussianBlur(room, (0, 0), 3), np.uint8))


@pytest.mark.parametrize("tint", [(1.0, 1.0, 1.0), (0.69, 0.86, 1.05)])
def test_black_and_white_and_sepia(rooms: list[Picture], tint: tuple[float, float, float]) -> None:
    for room in rooms:
        grey = room.mean(axis=2, keepdims=True) * np.array(tint)
        with pytest.raises(StagingRefusedError, match="in colour"):
            check_colour(grey.clip(0, 255).astype(np.uint8))


def test_pale_room_is_in_colour(rooms: list[Picture]) -> None:
    for room in rooms:
        grey = room.mean(axis=2, keepdims=True)
        check_colour((0.4 * room + 0.6 * grey).astype(np.uint8))


@pytest.mark.parametrize("colour", [0, 255])
def test_before_and_after_of_one_room(rooms: list[Picture], colour: int) -> None:
    """The halves fit each other, and only the line between them is left."""
    for room in rooms:
        for lines in (room, room.transpose(1, 0, 2)):
            middle = lines.shape[1] // 2
            lines[:, middle - 2 : middle + 2] = colour
            assert "several pictures" in refusal(np.ascontiguousarray(room))
            lines[:, middle - 2 : middle + 2] = lines[:, middle + 2 : middle + 6]


def test_foot_of_a_wall_seen_from_the_front_is_no_seam() -> None:
    """As sharp as only computers draw it, from edge to edge."""
    picture = np.full((600, 900, 3), (215, 215, 210), np.uint8)
    picture[440:] = (140, 180, 205)
    picture[100:300, 600:800] = (90, 160, 60)
    shares = np.zeros((len(CLASSES), 64, 96), np.float32)
    shares[CLASSES.index("wall"), :47] = shares[CLASSES.index("floor"), 47:] = 1.0
    check_picture(picture, Labels(shares, {}))
    # Of two stacked photos the upper one ends with its floor.
    assert "several pictures" in refusal(picture)
    with pytest.raises(StagingRefusedError, match="several pictures"):
        check_picture(picture, Labels(shares[:, ::-1], {}))


def test_window_in_a_dark_wall_is_no_screen(rooms: list[Picture]) -> None:
    wall = np.full((600, 900, 3), 25, np.uint8)
    wall[150:420, 300:650] = 240
    wall[470:] = 90
    check_picture(wall)
