"""What makes a picture useless whatever it shows, and what would mend it: nearly one colour, dark, with bars
at its edges, a screenshot, taken of a screen or a print, put together from several, round as a fish-eye sees it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.photo import Pixels
from staging_engine.port import Check, RefusalCode, StagingRefusedError

_SIDE = 600
# In grey levels, 0 to 255.
_LEAST_CONTRAST = 6.0
_BRIGHTEST_OF_NIGHT = 45.0
_BRIGHT_SHARE = 95
_BLACK = 16
# The rest may be the clock and the buttons of a screen.
_FLAT_SHARE = 0.85
_ENDS_AT = 0.5
_SAME = 8.0
_WIDEST_BAR = 0.04
# Of a screenshot: lines that are mostly in one colour, as no lens gives it, and where they end.
_DIGITAL = 3.0
_DIGITAL_SHARE = 0.6
_THINNEST_BAR = 0.03
_STRAIGHT, _STRAIGHT_IN_WHITE = 0.85, 0.95
# White may also be a ceiling that the lens could not bear.
_WHITE = 250
# Of a picture in a picture, at a width of 300 pixels.
_FRAME_WIDTH = 300
_FRAME_EDGE = 4
_FRAME_SPREAD = 30
_BEZEL, _MARGIN = 15, 245
_LEAST_FRAMED, _RECTANGULAR = 0.35, 0.93
_SEAM_CONTRAST = 6.0
_SEAM_LENGTH = 0.85
# A door frame may be as long, but not everywhere as clear.
_SEAM_PARTS, _SEAM_PART_LENGTH = 5, 0.5
_BESIDE = 4
# Nearer to an edge of the photo, a long straight line is the frame of a door that the photo was taken through.
_SEAM_FROM = 0.24
_CORNER = 0.07
_CURVED = 0.02


def check_picture(photo: Pixels) -> None:
    """Refuse a picture that no room could be read from; the sentence says what to do about it."""
    height, width = photo.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    small = np.asarray(
        cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float64
    )
    grey = small.mean(axis=2)
    if np.percentile(grey, _BRIGHT_SHARE) < _BRIGHTEST_OF_NIGHT:
        raise _refused(
            "room_not_found",
            "The photo is too dark to see the room. Take it by day or with the lights on.",
        )
    if grey.std() < _LEAST_CONTRAST:
        raise _refused(
            "room_not_found",
            "The photo shows hardly anything but one colour. Use a photo of the whole room.",
        )
    if _is_disc(grey):
        raise _refused(
            "room_not_found",
            "The photo was taken with a fish-eye lens. Use one with straight lines, taken with an "
            "ordinary or wide-angle lens.",
        )
    if widest_bars(small) > _WIDEST_BAR:
        raise _refused(
            "room_not_found",
            "The picture has wide bars at its edges, as screenshots and videos do. Cut them off, or use the "
            "original photo.",
        )
    if _has_chrome(small):
        raise _refused(
            "room_not_found",
            "This looks like a screenshot: at its edges is something that is not of the photo. Use the original "
            "photo, or cut off the rest.",
        )
    if _is_framed(small):
        raise _refused(
            "room_not_found",
            "This looks like a photo of a screen or of a printed picture. Use the original photo.",
        )
    if _has_seam(small):
        raise _refused(
            "not_a_room",
            "This looks like several pictures in one. Use each photo on its own.",
        )


def widest_bars(picture: NDArray[np.float64]) -> float:
    """Of two opposite edges in one flat colour, the share of the photo that the narrower one takes."""
    return max(_bars(picture), _bars(picture.transpose(1, 0, 2)))


def _bars(picture: NDArray[np.float64]) -> float:
    colours = np.median(picture, axis=1)
    if (np.abs(colours[0] - colours[-1]) > _SAME).any():
        return 0.0
    near = (np.abs(picture - colours[0]) < _SAME).all(axis=2).mean(axis=1)
    return min(_bar(near), _bar(near[::-1]))


def _bar(near: NDArray[np.float64]) -> float:
    """The share of lines, from the first on, that have the bar's colour nearly everywhere, if those end
    where most of a line has another one."""
    inside = near > _FLAT_SHARE
    end = int(np.argmin(inside))
    return end / len(near) if not inside.all() and near[end] < _ENDS_AT else 0.0


def _is_disc(grey: NDArray[np.float64]) -> bool:
    """Whether the picture is round: black in all four corners, and not along a straight line as at a bar."""
    height, width = grey.shape
    high, wide = max(1, int(height * _CORNER)), max(1, int(width * _CORNER))
    black = grey <= _BLACK
    corners = (
        black[:high, :wide],
        black[:high, -wide:],
        black[-high:, :wide],
        black[-high:, -wide:],
    )
    if not all(corner.all() for corner in corners):
        return False
    starts = np.argmin(black, axis=1)[~black.all(axis=1)]
    return bool(len(starts)) and float(starts.std()) > _CURVED * width


def _has_chrome(picture: NDArray[np.float64]) -> bool:
    """Whether an edge of the picture is drawn by a computer: in few flat colours, up to one straight line."""
    turned = picture.transpose(1, 0, 2)
    return any(_is_drawn(lines) for side in (picture, turned) for lines in (side, side[::-1]))


def _is_drawn(lines: NDArray[np.float64]) -> bool:
    colours = np.median(lines, axis=1, keepdims=True)
    flat = (np.abs(lines - colours) <= _DIGITAL).all(axis=2).mean(axis=1) > _DIGITAL_SHARE
    end = int(np.argmin(flat))
    if flat.all() or end < _THINNEST_BAR * len(lines):
        return False
    # The line in which the photo begins is a mixture of both.
    before, after = lines[max(0, end - 2)], lines[min(end + 1, len(lines) - 1)]
    straight = float((np.abs(after - before).max(axis=1) > _SEAM_CONTRAST).mean())
    is_white = colours[:end].min() >= _WHITE
    return straight > (_STRAIGHT_IN_WHITE if is_white else _STRAIGHT)


def _is_framed(picture: NDArray[np.float64]) -> bool:
    """Whether a rectangle that is seen at an angle takes much of the picture, in a frame of one colour: that
    of the picture's edge, a dark bezel or a white margin. Around the back wall of a room are several."""
    height, width = picture.shape[:2]
    size = (_FRAME_WIDTH, max(1, round(_FRAME_WIDTH * height / width)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    edge = np.ones(small.shape[:2], np.bool_)
    edge[_FRAME_EDGE:-_FRAME_EDGE, _FRAME_EDGE:-_FRAME_EDGE] = False
    colours = (np.median(small[edge], axis=0), (_BEZEL,) * 3, (_MARGIN,) * 3)
    return any(
        _largest_rectangle(np.abs(small - colour).max(axis=2) < _FRAME_SPREAD) > _LEAST_FRAMED
        for colour in colours
    )


def _largest_rectangle(frame: NDArray[np.bool_]) -> float:
    """The share of the picture that the largest rectangular hole of the frame takes."""
    closed = cv2.morphologyEx(frame.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    height, width = frame.shape
    count, parts, stats, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    largest = 0.0
    for part in range(1, count):
        left, top, wide, high, _ = (int(value) for value in stats[part])
        if min(left, top) < 1 or left + wide >= width or top + high >= height:
            continue
        if wide * high < _LEAST_FRAMED * width * height:
            continue
        outlines, _ = cv2.findContours(
            (parts == part).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        outline = max(outlines, key=cv2.contourArea)
        hull = cv2.convexHull(outline)
        corners = cv2.approxPolyDP(hull, 0.03 * cv2.arcLength(hull, True), True)
        area = cv2.contourArea(corners)
        if len(corners) == 4 and cv2.contourArea(outline) > _RECTANGULAR * area:
            largest = max(largest, area / (width * height))
    return largest


def _has_seam(picture: NDArray[np.float64]) -> bool:
    return is_seamed(picture) or is_seamed(picture.transpose(1, 0, 2))


def is_seamed(picture: NDArray[np.float64]) -> bool:
    """Whether the colour jumps at one and the same column, and far more than beside it, in nearly every row, and
    in most of each fifth of them."""
    jumps = np.abs(picture[:, 2:] - picture[:, :-2]).max(axis=2)
    beside = np.maximum(np.roll(jumps, _BESIDE, axis=1), np.roll(jumps, -_BESIDE, axis=1))
    margin = int(picture.shape[1] * _SEAM_FROM)
    jumped = ((jumps > _SEAM_CONTRAST) & (jumps > 2 * beside))[:, margin:-margin]
    parts = [part.mean(axis=0) for part in np.array_split(jumped, _SEAM_PARTS)]
    seams = (jumped.mean(axis=0) > _SEAM_LENGTH) & (np.min(parts, axis=0) > _SEAM_PART_LENGTH)
    return bool(seams.any())


def _refused(code: RefusalCode, message: str) -> StagingRefusedError:
    return StagingRefusedError(code, message, checks=(Check("usable_picture", False, message),))
