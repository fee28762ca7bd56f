"""The placeholder of a photo: some thirty bytes from which a page draws a blurred picture.

This is ThumbHash of Evan Wallace (https://github.com/evanw/thumbhash) for pictures without transparency. A
test compares with hashes of its first implementation.
"""

from collections.abc import Sequence
from math import cos, floor, pi
from operator import mul
from typing import NamedTuple

# Larger pictures cost more and give the same hash, but for a bit here and there.
MAX_SIDE = 32

Rows = Sequence[Sequence[float]]


class _Channel(NamedTuple):
    """What is kept of one channel: its mean, and its waves in proportion to the strongest, 0…1."""

    mean: float
    waves: list[float]
    scale: float


def thumbhash(width: int, height: int, rgb: bytes) -> bytes:
    """The hash of a picture of `width` x `height` pixels, three bytes for each."""
    pixels = [
        [
            (rgb[place] / 255, rgb[place + 1] / 255, rgb[place + 2] / 255)
            for place in range(row * width * 3, (row + 1) * width * 3, 3)
        ]
        for row in range(height)
    ]
    columns = max(1, _rounded(7 * width / max(width, height)))
    rows = max(1, _rounded(7 * height / max(width, height)))
    light = _encode([[(r + g + b) / 3 for r, g, b in row] for row in pixels], columns, rows)
    yellow = _encode([[(r + g) / 2 - b for r, g, b in row] for row in pixels], 3, 3)
    red = _encode([[r - g for r, g, _ in row] for row in pixels], 3, 3)
    is_landscape = width > height
    head = (
        _rounded(63 * light.mean)
        | _rounded(31.5 + 31.5 * yellow.mean) << 6
        | _rounded(31.5 + 31.5 * red.mean) << 12
        | _rounded(31 * light.scale) << 18
        | (rows if is_landscape else columns) << 24
        | _rounded(63 * yellow.scale) << 27
        | _rounded(63 * red.scale) << 33
        | is_landscape << 39
    )
    steps = [_rounded(15 * wave) for channel in (light, yellow, red) for wave in channel.waves]
    steps += [0] * (len(steps) % 2)
    pairs = zip(steps[::2], steps[1::2], strict=True)
    return head.to_bytes(5, "little") + bytes(low | high << 4 for low, high in pairs)


def _encode(channel: Rows, columns: int, rows: int) -> _Channel:
    """The slowest waves of a discrete cosine transform, those with few bends in both directions."""
    width, height = len(channel[0]), len(channel)
    columns, rows = max(3, columns), max(3, rows)
    # The sum over a row is the same for all waves of as many bends across.
    across = [
        [sum(map(mul, line, wave)) for line in channel]
        for wave in (_wave(bends, width) for bends in range(columns))
    ]
    down = [_wave(bends, height) for bends in range(rows)]
    mean, *waves = (
        sum(map(mul, across[x], down[y])) / (width * height)
        for y in range(rows)
        for x in range(columns)
        if x * rows < columns * (rows - y)
    )
    scale = max(map(abs, waves))
    if scale:
        waves = [0.5 + 0.5 / scale * wave for wave in waves]
    return _Channel(mean, waves, scale)


def _wave(bends: int, length: int) -> list[float]:
    return [cos(pi / length * bends * (place + 0.5)) for place in range(length)]


def _rounded(value: float) -> int:
    """As JavaScript rounds: halves go up."""
    return floor(value + 0.5)
