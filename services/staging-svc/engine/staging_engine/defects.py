"""What makes a picture useless whatever it shows, and what would mend it: nearly one colour, dark, with bars
at its edges, put together from several, round as a fish-eye sees it."""

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
_SEAM_CONTRAST = 9.0
_SEAM_LENGTH = 0.9
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


def _has_seam(picture: NDArray[np.float64]) -> bool:
    return max(longest_seam(picture), longest_seam(picture.transpose(1, 0, 2))) > _SEAM_LENGTH


def longest_seam(picture: NDArray[np.float64]) -> float:
    """The share of rows in which the colour jumps at one and the same column, and far more than beside it,
    at the best one."""
    jumps = np.abs(picture[:, 2:] - picture[:, :-2]).max(axis=2)
    beside = np.maximum(np.roll(jumps, _BESIDE, axis=1), np.roll(jumps, -_BESIDE, axis=1))
    shares = ((jumps > _SEAM_CONTRAST) & (jumps > 2 * beside)).mean(axis=0)
    margin = int(picture.shape[1] * _SEAM_FROM)
    return float(shares[margin:-margin].max())


def _refused(code: RefusalCode, message: str) -> StagingRefusedError:
    return StagingRefusedError(code, message, checks=(Check("usable_picture", False, message),))
