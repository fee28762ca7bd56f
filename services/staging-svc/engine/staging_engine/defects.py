"""What makes a picture useless whatever it shows, and what would mend it: nearly one colour, dark, black and white,
with bars, a frame or blurred parts at its edges, a screenshot, taken of a screen or a print, put together from
several, round as a fish-eye sees it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.labels import Labels
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
# Of floor, wall and ceiling, the share of floor below a line over the whole photo and of wall above it, if that is
# where they meet.
_MEET = 0.8
_BESIDE_SEAM = 0.04
# Of a line between two pictures: how much of it has one colour, and at most so much of the lines near it.
_LINE, _NO_LINE = 0.985, 0.8
_LINE_COLOUR = 12.0
_NEAR_LINE = 0.015
# Of a frame around the photo.
_THINNEST_FRAME = 0.012
_FRAME = 0.99
# Where a picture is blurred, the light bends less than this (grey levels), except in one of a hundred pixels.
_BLURRED = 3.5
_THINNEST_BLUR = 0.05
# Of the line at which the blur ends, on which the colour jumps.
_BLUR_ENDS = 0.3
# In CIELAB, how far colours are from grey, and from those that the light of a pixel alone says. A white room without
# any tint comes to 2 in the latter, with colours of 4.
_GREY, _TINT = 1.0, 12.0
_ONLY_TINTED = 2.3
_COLOUR_SIDE = 160


def check_picture(photo: Pixels, labels: Labels | None = None) -> None:
    """Refuse a picture that no room could be read from; the sentence says what to do about it. With labels, where a
    wall meets the floor is not taken for the line between two pictures."""
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
    if _is_in_frame(small):
        raise _refused(
            "room_not_found",
            "There is a frame around the photo. Cut it off, or use the original photo.",
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
    if _has_blurred_sides(small):
        raise _refused(
            "room_not_found",
            "The photo stands between blurred parts, as videos show upright pictures. Cut them off, or use "
            "the original photo.",
        )
    if _has_line(small) or _has_seam(small, labels):
        raise _refused(
            "not_a_room",
            "This looks like several pictures in one. Use each photo on its own.",
        )


def check_colour(photo: Pixels) -> None:
    """Refuse a photo of a room without colours of its own."""
    if _is_without_colour(photo):
        raise _refused(
            "room_not_found",
            "The photo is black and white or in shades of one colour: furniture in colour would look "
            "pasted in. Use the original photo in colour.",
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


def _is_without_colour(photo: Pixels) -> bool:
    """Whether the light of a pixel says its colour too, as in black and white and in sepia."""
    height, width = photo.shape[:2]
    size = (_COLOUR_SIDE, max(1, round(_COLOUR_SIDE * height / width)))
    small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.float32) / 255
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2LAB)).reshape(-1, 3)
    colours = float(np.percentile(np.hypot(*lab[:, 1:].T), 98))
    if colours < _TINT:
        return colours < _GREY
    light = lab[:, 0] / 100
    powers = np.stack([light**power for power in range(4)], axis=1)
    fitted = powers @ np.linalg.lstsq(powers, lab[:, 1:], rcond=None)[0]
    away = np.hypot(*(lab[:, 1:] - fitted).T)
    return float(np.percentile(away, 95)) < _ONLY_TINTED


def _is_in_frame(picture: NDArray[np.float64]) -> bool:
    """Whether all four edges are in one and the same flat colour."""
    turned = picture.transpose(1, 0, 2)
    edges = (picture, picture[::-1], turned, turned[::-1])
    colours = [np.median(lines[0], axis=0) for lines in edges]
    if np.ptp(colours, axis=0).max() > _SAME:
        return False
    thinnest = _THINNEST_FRAME * max(picture.shape[:2])
    return all(
        _flat(lines, colour) >= thinnest for lines, colour in zip(edges, colours, strict=True)
    )


def _flat(lines: NDArray[np.float64], colour: NDArray[np.float64]) -> int:
    """How many lines, from the first on, have this colour; 0 if all have."""
    return int(np.argmin((np.abs(lines - colour) <= _SAME).all(axis=2).mean(axis=1) > _FRAME))


def _has_blurred_sides(picture: NDArray[np.float64]) -> bool:
    """Whether the picture between two lines at equal distances from opposite edges is sharper than all beyond them."""
    return any(_is_between_blurs(lines) for lines in (picture, picture.transpose(1, 0, 2)))


def _is_between_blurs(picture: NDArray[np.float64]) -> bool:
    grey = picture.mean(axis=2)
    bend = np.abs(grey[2:] - 2 * grey[1:-1] + grey[:-2])
    is_sharp = np.percentile(bend, 99, axis=0) > _BLURRED
    begins, ends = (int(np.argmax(side)) for side in (is_sharp, is_sharp[::-1]))
    jumped = _jumps(picture).mean(axis=0)
    # Where exactly each line is may differ by a pixel.
    jumped = np.max([np.roll(jumped, by) for by in (-1, 0, 1)], axis=0)
    both = np.minimum(jumped, jumped[::-1])
    first = int(_THINNEST_BLUR * len(both))
    return bool(is_sharp.any()) and bool((both[first : min(begins, ends) + 1] > _BLUR_ENDS).any())


def _has_line(picture: NDArray[np.float64]) -> bool:
    """Whether a thin line of one colour goes from edge to edge, as between two pictures."""
    return any(_is_ruled(lines) for lines in (picture, picture.transpose(1, 0, 2)))


def _is_ruled(lines: NDArray[np.float64]) -> bool:
    colours = np.median(lines, axis=1, keepdims=True)
    flat = (np.abs(lines - colours).max(axis=2) <= _LINE_COLOUR).mean(axis=1)
    near = max(3, round(_NEAR_LINE * len(flat)))
    before, after = np.roll(flat, near), np.roll(flat, -near)
    margin = int(len(flat) * _SEAM_FROM)
    ruled = (flat > _LINE) & (before < _NO_LINE) & (after < _NO_LINE)
    return bool(ruled[margin:-margin].any())


def _has_seam(picture: NDArray[np.float64], labels: Labels | None) -> bool:
    if _seams(picture).any():
        return True
    rows = np.flatnonzero(_seams(picture.transpose(1, 0, 2))) / len(picture)
    return any(labels is None or not _meets_floor(labels, float(row)) for row in rows)


def _meets_floor(labels: Labels, row: float) -> bool:
    """Whether there is floor below this row (a share of the height) and wall above it."""
    rows = labels.shares.shape[1]
    near = max(1, round(_BESIDE_SEAM * rows))
    at = round(row * rows)
    above = _share(labels, "wall", slice(max(0, at - 2 * near), at - near + 1))
    below = _share(labels, "floor", slice(at + near, at + 2 * near + 1))
    return min(above, below) > _MEET


def _share(labels: Labels, name: str, rows: slice) -> float:
    """How much of what is floor, wall or ceiling in these rows is this."""
    shares = {part: float(labels.share(part)[rows].sum()) for part in ("floor", "wall", "ceiling")}
    return shares[name] / max(sum(shares.values()), 1e-6)


def _seams(picture: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The columns at which the colour jumps, far more than beside them, in nearly every row, and in most of each
    fifth of them."""
    margin = int(picture.shape[1] * _SEAM_FROM)
    jumped = _jumps(picture)
    jumped[:, :margin] = jumped[:, -margin:] = False
    parts = [part.mean(axis=0) for part in np.array_split(jumped, _SEAM_PARTS)]
    found: NDArray[np.bool_] = (jumped.mean(axis=0) > _SEAM_LENGTH) & (
        np.min(parts, axis=0) > _SEAM_PART_LENGTH
    )
    return found


def _jumps(picture: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the colour changes from one column to the next but one, and far more than beside them."""
    jumps = np.abs(picture[:, 2:] - picture[:, :-2]).max(axis=2)
    beside = np.maximum(np.roll(jumps, _BESIDE, axis=1), np.roll(jumps, -_BESIDE, axis=1))
    jumped: NDArray[np.bool_] = (jumps > _SEAM_CONTRAST) & (jumps > 2 * beside)
    return jumped


def _refused(code: RefusalCode, message: str) -> StagingRefusedError:
    return StagingRefusedError(code, message, checks=(Check("usable_picture", False, message),))
