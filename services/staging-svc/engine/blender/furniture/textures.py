"""Rug and picture images, drawn with numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float64]
Field = NDArray[np.float64]


def rgb(color: str) -> NDArray[np.float64]:
    """An sRGB hex colour as three numbers, 0…1."""
    return np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def _canvas(width: int, height: int, color: str) -> tuple[Image, Field, Field]:
    """A filled image and the coordinates of its pixels, x from 0 to width/height, y from 0 to 1."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / height, (np.arange(height) + 0.5) / height)
    return np.ones((height, width, 3)) * rgb(color), x, y


def _paint(image: Image, color: str, coverage: Field) -> Image:
    alpha = np.clip(coverage, 0, 1)[..., None]
    return image * (1 - alpha) + rgb(color) * alpha


def _inside(distance: Field, image: Image) -> Field:
    """Coverage of a shape from its signed distance (negative inside), one pixel soft."""
    coverage: Field = np.clip(0.5 - distance * image.shape[0], 0, 1)
    return coverage


def smooth_noise(shape: tuple[int, ...], cells: int, random: np.random.Generator) -> Field:
    """Smooth noise of mean 0 with `cells` bumps over the height."""
    height, width = shape[:2]
    columns = max(2, round(cells * width / height))
    coarse = random.normal(size=(cells + 3, columns + 3))
    rows, cols = np.linspace(0, cells, height), np.linspace(0, columns, width)
    return _cubic(_cubic(coarse, rows, 0), cols, 1)


def _cubic(values: Field, at: Field, axis: int) -> Field:
    index = np.minimum(at.astype(int), values.shape[axis] - 3)
    t = at - index
    t = t * t * (3 - 2 * t)
    t = t[:, None] if axis == 0 else t[None, :]
    low, high = np.take(values, index, axis), np.take(values, index + 1, axis)
    between: Field = low * (1 - t) + high * t
    return between


def _speckle(image: Image, amount: float, random: np.random.Generator) -> Image:
    grain = smooth_noise(image.shape, image.shape[0] // 3, random)
    return np.clip(image * (1 + amount * grain[..., None]), 0, 1)


def rug_modern(random: np.random.Generator) -> Image:
    """Soft ivory and grey fields divided by thin lines."""
    image, x, y = _canvas(1040, 720, "#bab5ac")
    field = smooth_noise(image.shape, 3, random) + 0.3 * smooth_noise(image.shape, 9, random)
    image = _paint(image, "#9a9895", 0.75 / (1 + np.exp(-6 * (field - 0.25))))
    image = _paint(image, "#808183", 0.7 / (1 + np.exp(-7 * (field - 0.95))))
    line = np.abs(smooth_noise(image.shape, 2, random) + 0.15 * (x - y))
    image = _paint(image, "#d3cec5", 0.8 * np.exp(-((line / 0.012) ** 2)))
    return _speckle(image, 0.05, random)


def rug_scandinavian(random: np.random.Generator) -> Image:
    """Off-white wool with dark diamonds drawn by hand."""
    image, x, y = _canvas(1040, 720, "#ccc4b5")
    wobble = 0.012 * smooth_noise(image.shape, 14, random)
    for sign in (1.0, -1.0):
        phase = (x + sign * y * 0.8 + wobble) * 3.6
        gap = np.abs(phase - np.round(phase)) / 3.6
        image = _paint(image, "#6f675c", 0.85 * np.clip((0.0085 - gap) * 300, 0, 1))
    return _speckle(image, 0.045, random)


def rug_industrial(random: np.random.Generator) -> Image:
    """A faded oriental: borders, a medallion and worn patches."""
    image, x, y = _canvas(1040, 720, "#4b3a38")
    wide = image.shape[1] / image.shape[0]
    edge = np.minimum(np.minimum(x, wide - x), np.minimum(y, 1 - y))
    for start, color in (
        (0.03, "#2f3a43"),
        (0.045, "#9c8a6c"),
        (0.055, "#35424c"),
        (0.15, "#9c8a6c"),
        (0.162, "#6c3f38"),
    ):
        image = _paint(image, color, _inside(start - edge, image))
    image = _border_flowers(image, x, y, edge)
    image = _medallion(image, x - wide / 2, y - 0.5)
    wear = 0.55 / (
        1
        + np.exp(
            -3
            * (
                smooth_noise(image.shape, 7, random)
                + 0.5 * smooth_noise(image.shape, 40, random)
                - 0.3
            )
        )
    )
    image = _paint(image, "#85786c", wear)
    return _speckle(image, 0.05, random)


def _border_flowers(image: Image, x: Field, y: Field, edge: Field) -> Image:
    in_border = np.exp(-(((edge - 0.102) / 0.03) ** 4))
    step = 0.0972
    near_x, near_y = (x / step) % 1 - 0.5, (y / step) % 1 - 0.5
    radius = np.hypot(near_x, near_y)
    petals = radius - 0.28 - 0.1 * np.cos(6 * np.arctan2(near_y, near_x))
    image = _paint(image, "#8e5a48", 0.9 * in_border * np.clip(0.5 - petals * 30, 0, 1))
    return _paint(image, "#b7a27e", in_border * np.clip(0.5 - (radius - 0.12) * 30, 0, 1))


def _medallion(image: Image, x: Field, y: Field) -> Image:
    angle = np.arctan2(y, x / 1.45)
    radius = np.hypot(x / 1.45, y)
    for size, lobes, color in (
        (0.29, 16, "#35424c"),
        (0.265, 16, "#9c8a6c"),
        (0.25, 16, "#7d4a40"),
        (0.15, 8, "#35424c"),
        (0.13, 8, "#b7a27e"),
        (0.075, 8, "#6c3f38"),
    ):
        image = _paint(
            image, color, _inside(radius - size * (1 + 0.07 * np.cos(lobes * angle)), image)
        )
    scroll = np.abs(np.sin(9 * x) * np.sin(11 * y) - 0.35)
    field = (radius > 0.31) & (np.abs(x) < 0.52) & (np.abs(y) < 0.33)
    return _paint(image, "#a58a68", 0.6 * field * np.clip(1 - scroll * 14, 0, 1))


def _wash(
    image: Image, color: str, field: Field, level: float, random: np.random.Generator
) -> Image:
    """A watercolour area where `field` exceeds `level`."""
    grain = 0.012 * smooth_noise(image.shape, 24, random)
    return _paint(image, color, 0.9 / (1 + np.exp(-60 * (field + grain - level))))


def art_modern(random: np.random.Generator, width: int, height: int) -> Image:
    """Layered hills in ink and ochre."""
    image, x, y = _canvas(width, height, "#e6e0d4")
    sun = np.hypot(x - 0.68 * width / height, y - 0.3)
    image = _paint(image, "#bd7e4a", 0.92 * _inside(sun - 0.13, image))
    for level, color in (
        (0.52, "#c3bfb6"),
        (0.64, "#8d959a"),
        (0.76, "#4c5a63"),
        (0.88, "#252e35"),
    ):
        ridge = (
            level
            + 0.05 * np.sin(x * random.uniform(2.5, 5) + random.uniform(0, 6))
            + 0.02 * np.sin(x * 11 + random.uniform(0, 6))
        )
        image = _wash(image, color, y - ridge, 0.0, random)
    return _speckle(image, 0.015, random)


def art_scandinavian(random: np.random.Generator, width: int, height: int) -> Image:
    """Paper arches and a sun."""
    image, x, y = _canvas(width, height, "#ece5d8")
    wide = width / height
    shapes = (
        (0.30, 0.86, 0.27, "#c0846a"),
        (0.30, 0.86, 0.19, "#e0bf9a"),
        (0.30, 0.86, 0.11, "#a06a54"),
        (0.68, 0.86, 0.2, "#93a38f"),
        (0.68, 0.86, 0.12, "#d9d3c0"),
    )
    for cx, base, radius, color in shapes:
        arch = np.maximum(
            np.hypot(x - cx * wide, np.minimum(y - base + radius * 1.6, 0)) - radius, y - base
        )
        image = _paint(image, color, _inside(arch, image))
    sun = np.hypot(x - 0.7 * wide, y - 0.22)
    image = _paint(image, "#cf9b63", _inside(sun - 0.11, image))
    return _speckle(image, 0.012, random)


def art_industrial(random: np.random.Generator, width: int, height: int) -> Image:
    """A foggy skyline, like an old photograph."""
    image, x, y = _canvas(width, height, "#cfc9be")
    image = _paint(image, "#a9a49b", 0.6 * (y + 0.1 * smooth_noise(image.shape, 4, random)))
    for layer, color in enumerate(("#a5a19a", "#777572", "#3c3c3d")):
        edge = 0.0
        while edge < width / height:
            wide = random.uniform(0.05, 0.13)
            top = random.uniform(0.28, 0.62) + 0.1 * layer
            block = np.maximum(np.abs(x - edge - wide / 2) - wide / 2, top - y)
            image = _paint(image, color, 0.9 * _inside(block, image))
            edge += wide * random.uniform(0.8, 1.25)
        image = _paint(image, "#c9c3b8", 0.35 * np.clip(y * 1.2 - 0.3, 0, 1) * (layer < 2))
    return _speckle(image, 0.05, random)


def lines_modern(random: np.random.Generator, width: int, height: int) -> Image:
    """One ink line that wanders over two pale shapes."""
    image, x, y = _canvas(width, height, "#ebe7df")
    wide = width / height
    for cx, cy, radius, color in ((0.36, 0.58, 0.24, "#c9a98c"), (0.62, 0.4, 0.2, "#8f9a9c")):
        away = np.hypot(x - cx * wide, y - cy)
        bend = 0.03 * np.sin(3 * np.arctan2(y - cy, x - cx * wide) + random.uniform(0, 6))
        image = _paint(image, color, 0.85 * _inside(away - radius - bend, image))
    line = y - 0.5 - 0.17 * np.sin(4.2 * x / wide + 0.4) - 0.07 * np.sin(9 * x / wide + 2.0)
    image = _paint(image, "#23272b", _inside(np.abs(line) - 0.006, image))
    return _speckle(image, 0.012, random)


def leaves_scandinavian(random: np.random.Generator, width: int, height: int) -> Image:
    """A pressed branch with paired leaves."""
    image, x, y = _canvas(width, height, "#efeadf")
    middle = 0.5 * width / height
    stem = np.maximum(np.abs(x - middle - 0.03 * np.sin(5 * y)) - 0.004, np.abs(y - 0.53) - 0.37)
    image = _paint(image, "#6f7a63", _inside(stem, image))
    for step in range(7):
        at, size = 0.2 + 0.09 * step, 0.055 + 0.011 * step
        for side in (-1, 1):
            angle = side * (0.75 + random.uniform(-0.12, 0.12))
            u, v = x - middle - side * size * 1.1, y - at + 0.02
            along = u * np.cos(angle) - v * np.sin(angle) * side
            across = u * np.sin(angle) * side + v * np.cos(angle)
            blade = np.hypot(along / 1.9, across / 0.75) - size * 0.62
            image = _paint(image, ("#8d9b82", "#a3ad93")[step % 2], 0.92 * _inside(blade, image))
    return _speckle(image, 0.012, random)


def blocks_industrial(random: np.random.Generator, width: int, height: int) -> Image:
    """Stacked fields of rust, black and sand, like an old poster."""
    image, x, y = _canvas(width, height, "#d8d0c2")
    wide = width / height
    for left, top, right, bottom, color in (
        (0.12, 0.12, 0.56, 0.5, "#8a4b2f"),
        (0.6, 0.12, 0.88, 0.5, "#3a3a3b"),
        (0.12, 0.55, 0.4, 0.88, "#5c6669"),
        (0.44, 0.55, 0.88, 0.88, "#b79b6e"),
    ):
        edge = np.maximum(
            np.maximum(left * wide - x, x - right * wide), np.maximum(top - y, y - bottom)
        )
        image = _paint(image, color, 0.92 * _inside(edge, image))
    circle = np.abs(np.hypot(x - 0.5 * wide, y - 0.52) - 0.2) - 0.012
    image = _paint(image, "#ece5d8", 0.8 * _inside(circle, image))
    return _speckle(image, 0.05, random)


RUGS: dict[str, Callable[[np.random.Generator], Image]] = {
    "modern": rug_modern,
    "scandinavian": rug_scandinavian,
    "industrial": rug_industrial,
}
PICTURES: dict[str, tuple[Callable[[np.random.Generator, int, int], Image], ...]] = {
    "modern": (art_modern, lines_modern),
    "scandinavian": (art_scandinavian, leaves_scandinavian),
    "industrial": (art_industrial, blocks_industrial),
}
