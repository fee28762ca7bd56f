"""Reads from EXIF the two things that matter to us: which way up the photo is, and what it was taken with
(CIPA DC-008, 4.6)."""

import math
from collections.abc import Iterator, Mapping
from typing import Literal

ORIENTATION = 0x0112
CAMERA_FOLDER = 0x8769
FOCAL_LENGTH, FOCAL_LENGTH_35MM = 0x920A, 0xA405
WIDTH, HEIGHT = 0xA002, 0xA003
SENSOR_RESOLUTION, SENSOR_UNIT = 0xA20E, 0xA210
DIGITAL_ZOOM = 0xA404
PREFIX = b"Exif\x00\x00"
ENTRY_LENGTH = 12
# Sizes of the whole numbers among the types of TIFF; a fraction is two of four bytes, elsewhere.
WHOLE_NUMBERS = {1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4}
FRACTION, FRACTION_LENGTH = 5, 8
UPRIGHT = 1
ORIENTATIONS = range(1, 9)

# The diagonals of sensors in millimetres: 36 x 24, APS-C and that of Canon, Four Thirds, one inch.
FULL_FRAME_MM = 43.27
SENSORS_MM = (FULL_FRAME_MM, 28.3, 26.8, 21.6, 15.9)
SENSOR_TOLERANCE = 0.02
MILLIMETRES = {2: 25.4, 3: 10.0, 4: 1.0}
# What a photo of a room can have been taken with; what is outside was set by nobody, or is no lens.
LIKELY_MM = (9.0, 120.0)
# Longer photos were put together from several.
LONGEST_RATIO = 2.0
# What rounding does to the ratio of the sides.
RATIO_TOLERANCE = 0.01

Folder = Mapping[int, float]


def orientation_of(exif: bytes) -> int:
    """1 to 8; upright unless the first folder says plainly otherwise.

    Only that one entry is looked at, because cameras and editors write all sorts of things into the
    others, and a library that reads them all gives up at the first one it does not understand.
    """
    tiff, order = _tiff(exif)
    if order is None:
        return UPRIGHT
    for tag, value in _entries(tiff, order, _offset(tiff, order)):
        if tag == ORIENTATION and isinstance(value, int) and value in ORIENTATIONS:
            return value
    return UPRIGHT


def focal_35mm_of(
    exif: bytes, size: tuple[int, int], *, may_be_turned: bool = False
) -> float | None:
    """The focal length that a camera with a frame of 36 x 24 mm would have taken this picture with, by
    the diagonal; None unless that is sure. `size` is that of the picture as it is stored in the file,
    `may_be_turned` says that its sides may have changed places since.

    A picture whose sides have another ratio than those of the camera was cut out of a larger one: as
    little as possible, for it may also have been made smaller.
    """
    tiff, order = _tiff(exif)
    if order is None or max(size) > LONGEST_RATIO * min(size):
        return None
    first = dict(_entries(tiff, order, _offset(tiff, order)))
    camera = dict(_entries(tiff, order, int(first.get(CAMERA_FOLDER, len(tiff)))))
    # Some cameras count it in, some do not.
    if camera.get(DIGITAL_ZOOM, 0) > 1:
        return None
    focal = camera.get(FOCAL_LENGTH_35MM) or _by_sensor(camera)
    cut = _cut(camera, size, may_be_turned=may_be_turned)
    if not focal or cut is None or not LIKELY_MM[0] <= focal * cut <= LIKELY_MM[1]:
        return None
    return round(focal * cut, 2)


def _by_sensor(camera: Folder) -> float | None:
    """The focal length by the size of the sensor, if that is the size of one that is made."""
    needed = (FOCAL_LENGTH, WIDTH, HEIGHT, SENSOR_RESOLUTION)
    if not all(camera.get(tag, 0) > 0 for tag in needed):
        return None
    unit = MILLIMETRES.get(int(camera.get(SENSOR_UNIT, 2)), 0.0)
    pixels = math.hypot(camera[WIDTH], camera[HEIGHT])
    diagonal = pixels / camera[SENSOR_RESOLUTION] * unit
    for known in SENSORS_MM:
        if abs(diagonal / known - 1) <= SENSOR_TOLERANCE:
            return camera[FOCAL_LENGTH] * FULL_FRAME_MM / known
    return None


def _cut(camera: Folder, size: tuple[int, int], *, may_be_turned: bool) -> float | None:
    """How many times as long as that of the picture the diagonal of the whole is that it was cut from;
    None if the picture cannot be one of the camera's."""
    full = (camera.get(WIDTH, 0.0), camera.get(HEIGHT, 0.0))
    if min(full) < 1:
        # It is not said, so nothing says that it was cut.
        return 1.0
    if (full[0] - full[1]) * (size[0] - size[1]) < 0:
        if not may_be_turned:
            return None
        full = (full[1], full[0])
    scale = max(size[0] / full[0], size[1] / full[1])
    cut = math.hypot(*full) * scale / math.hypot(*size)
    return cut if cut > 1 + RATIO_TOLERANCE else 1.0


def _tiff(exif: bytes) -> tuple[bytes, Literal["little", "big"] | None]:
    tiff = exif.removeprefix(PREFIX)
    match tiff[:2]:
        case b"II":
            return tiff, "little"
        case b"MM":
            return tiff, "big"
    return tiff, None


def _offset(tiff: bytes, order: Literal["little", "big"]) -> int:
    return int.from_bytes(tiff[4:8], order)


def _entries(tiff: bytes, order: Literal["little", "big"], at: int) -> Iterator[tuple[int, float]]:
    """The entries of the folder at this place that are one number, which is an int unless it is a
    fraction; nothing of the others."""

    def number(start: int, length: int) -> int:
        return int.from_bytes(tiff[start : start + length], order)

    first = at + 2
    count = min(number(at, 2), max(0, len(tiff) - first) // ENTRY_LENGTH)
    for entry in range(first, first + count * ENTRY_LENGTH, ENTRY_LENGTH):
        tag, kind = number(entry, 2), number(entry + 2, 2)
        if number(entry + 4, 4) != 1:
            continue
        if length := WHOLE_NUMBERS.get(kind):
            yield tag, number(entry + 8, length)
        elif kind == FRACTION:
            place = number(entry + 8, 4)
            below = number(place + 4, 4)
            if place + FRACTION_LENGTH <= len(tiff) and below:
                yield tag, number(place, 4) / below
