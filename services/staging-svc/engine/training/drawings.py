"""Pictures that are no photos of a room: plans, drawings, screens, collages, noise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .looks import Bgr
from .stage import Random


def make_drawing(random: Random, size: tuple[int, int], photos: Sequence[Bgr]) -> Bgr:
    """A floor plan, a line drawing (perhaps of a photo), or a page."""
    kind = str(random.choice(["plan", "plan", "sketch", "screen", "page"]))
    if kind == "sketch" and photos:
        return _sketch(random, size, photos[int(random.integers(len(photos)))])
    if kind == "screen":
        return _screen(random, size, photos)
    if kind == "page":
        return _page(random, size)
    return _plan(random, size)


def make_other(random: Random, size: tuple[int, int], photos: Sequence[Bgr]) -> Bgr:
    """A collage, one colour, a gradient, noise, blobs, or a photo blurred beyond use."""
    width, height = size
    kind = str(
        random.choice(
            ["collage", "colour", "gradient", "noise", "blobs", "blur"],
            p=[0.4, 0.1, 0.12, 0.1, 0.18, 0.1],
        )
    )
    if kind == "collage" and len(photos) >= 2:
        columns, rows = [(2, 1), (1, 2), (2, 2), (3, 1), (3, 2)][int(random.integers(5))]
        gap = int(random.choice([0, 4, 8]))
        page = np.full((height, width, 3), int(random.choice([0, 255])), np.uint8)
        for i in range(columns):
            for j in range(rows):
                x0, x1 = i * width // columns + gap, (i + 1) * width // columns - gap
                y0, y1 = j * height // rows + gap, (j + 1) * height // rows - gap
                page[y0:y1, x0:x1] = cv2.resize(
                    photos[int(random.integers(len(photos)))], (x1 - x0, y1 - y0)
                )
        return page
    if kind == "blur" and photos:
        photo = cv2.resize(photos[int(random.integers(len(photos)))], size)
        return np.asarray(cv2.GaussianBlur(photo, (0, 0), width / random.uniform(10, 25)), np.uint8)
    colour = random.integers(0, 256, 3)
    image: NDArray[Any] = np.full((height, width, 3), colour, np.float32)
    if kind == "gradient":
        other = random.integers(0, 256, 3)
        ramp = (
            np.linspace(0, 1, height)[:, None, None]
            if random.random() < 0.5
            else np.linspace(0, 1, width)[None, :, None]
        )
        image = colour * (1 - ramp) + other * ramp + np.zeros((height, width, 1))
    elif kind == "noise":
        cells = int(random.choice([1, 2, 8, 40]))
        coarse = random.uniform(0, 255, (height // cells + 1, width // cells + 1, 3)).astype(
            np.float32
        )
        image = cv2.resize(
            coarse,
            size,
            interpolation=cv2.INTER_CUBIC if random.random() < 0.5 else cv2.INTER_NEAREST,
        )
    elif kind == "blobs":
        for _ in range(int(random.integers(3, 60))):
            at = (int(random.integers(width)), int(random.integers(height)))
            axes = (int(random.integers(3, width // 3)), int(random.integers(3, height // 3)))
            shade = tuple(float(v) for v in random.integers(0, 256, 3))
            cv2.ellipse(image, at, axes, float(random.uniform(0, 180)), 0, 360, shade, -1)
        image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 6)) + random.normal(
            0, random.uniform(0, 15), image.shape
        )
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def _paper(random: Random, size: tuple[int, int]) -> Bgr:
    white = random.integers(225, 256) if random.random() < 0.85 else random.integers(20, 200)
    shade = np.clip(white + random.normal(0, 4, 3), 0, 255)
    return np.full((size[1], size[0], 3), shade, np.float32).astype(np.uint8)


def _words(random: Random, image: Bgr, count: int) -> None:
    height, width = image.shape[:2]
    letters = ["abcdefghijklmnopqrstuvwxyz", "0123456789", "m²ABCDE"]
    for _ in range(count):
        text = "".join(
            random.choice(
                list(letters[int(random.integers(len(letters)))]), int(random.integers(2, 12))
            )
        )
        text = text.encode("ascii", "ignore").decode()
        at = (int(random.integers(width)), int(random.integers(height)))
        ink = int(random.integers(0, 140))
        cv2.putText(
            image,
            text,
            at,
            int(random.integers(0, 4)),
            float(random.uniform(0.25, 0.8)),
            (ink, ink, ink),
            1,
            cv2.LINE_AA,
        )


def _plan(random: Random, size: tuple[int, int]) -> Bgr:
    image = _paper(random, size)
    width, height = size
    ink = int(random.integers(0, 120))
    thick = int(random.integers(1, 6))
    fills = random.random() < 0.5
    xs = np.sort(random.integers(int(width * 0.08), int(width * 0.92), int(random.integers(3, 7))))
    ys = np.sort(
        random.integers(int(height * 0.08), int(height * 0.92), int(random.integers(3, 6)))
    )
    for x0, x1 in pairwise(xs):
        for y0, y1 in pairwise(ys):
            if random.random() < 0.2:
                continue
            a, b = (int(x0), int(y0)), (int(x1), int(y1))
            if fills:
                cv2.rectangle(
                    image, a, b, tuple(float(v) for v in random.integers(150, 256, 3)), -1
                )
            cv2.rectangle(image, a, b, (ink, ink, ink), thick, cv2.LINE_AA)
            r = int(random.integers(8, 30))
            if random.random() < 0.6:
                cv2.ellipse(image, a, (r, r), 0, 0, 90, (ink, ink, ink), 1, cv2.LINE_AA)
            if random.random() < 0.4:
                cv2.line(image, (a[0] + r, a[1]), (a[0] + 2 * r, a[1]), (250, 250, 250), thick + 1)
    for _ in range(int(random.integers(0, 20))):
        x, y = int(random.integers(width)), int(random.integers(height))
        w, h = (int(v) for v in random.integers(4, 40, 2))
        cv2.rectangle(image, (x, y), (x + w, y + h), (ink, ink, ink), 1)
    _words(random, image, int(random.integers(2, 18)))
    return image


def _sketch(random: Random, size: tuple[int, int], photo: Bgr) -> Bgr:
    grey = cv2.cvtColor(cv2.resize(photo, size), cv2.COLOR_BGR2GRAY)
    if random.random() < 0.5:
        edges = 255 - cv2.Canny(grey, 30, 90)
        image = cv2.cvtColor(cv2.GaussianBlur(edges, (3, 3), 0.6), cv2.COLOR_GRAY2BGR)
    else:
        dodge = cv2.divide(grey, 255 - cv2.GaussianBlur(255 - grey, (0, 0), 8), scale=255)
        image = cv2.cvtColor(np.asarray(dodge, np.uint8), cv2.COLOR_GRAY2BGR)
    return np.asarray(image, np.uint8)


def _screen(random: Random, size: tuple[int, int], photos: Sequence[Bgr]) -> Bgr:
    image = _paper(random, size)
    width, height = size
    bar = tuple(float(v) for v in random.integers(0, 256, 3))
    cv2.rectangle(image, (0, 0), (width, int(height * random.uniform(0.05, 0.15))), bar, -1)
    for _ in range(int(random.integers(2, 9))):
        x, y = int(random.integers(width)), int(random.integers(height))
        w, h = int(random.integers(20, width // 2)), int(random.integers(8, height // 3))
        if photos and random.random() < 0.35:
            x, y = min(x, width - w), min(y, height - h)
            image[y : y + h, x : x + w] = cv2.resize(
                photos[int(random.integers(len(photos)))], (w, h)
            )
        else:
            cv2.rectangle(
                image,
                (x, y),
                (x + w, y + h),
                tuple(float(v) for v in random.integers(120, 256, 3)),
                -1,
            )
    _words(random, image, int(random.integers(8, 40)))
    return image


def _page(random: Random, size: tuple[int, int]) -> Bgr:
    image = _paper(random, size)
    width, height = size
    y = int(height * 0.08)
    step = int(random.integers(6, 16))
    while y < height * 0.92:
        end = int(width * random.uniform(0.4, 0.92))
        x = int(width * 0.08)
        while x < end:
            word = int(random.integers(6, 40))
            cv2.rectangle(image, (x, y), (min(x + word, end), y + step // 2), (90, 90, 90), -1)
            x += word + 5
        y += step * (2 if random.random() < 0.1 else 1)
    return image
