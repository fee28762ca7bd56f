"""Coffee tables, dining tables, nightstands, sideboards and what stands on them."""

from __future__ import annotations

import math

import numpy as np

from .decor import books, bowl, branches, tray, vase
from .shapes import Array, Mesh, Model, lathe, rounded_box, tube


def disc(radius: float, thickness: float, edge: float = 0.006) -> Mesh:
    """A round top lying on z = 0."""
    half = thickness
    profile = [
        (0.0005, 0.0),
        (radius - edge, 0.0),
        (radius, edge),
        (radius, half - edge),
        (radius - edge, half),
        (radius - 2 * edge, half),
        (0.0005, half),
    ]
    return lathe(profile, around=72)


def coffee_table(style: str) -> Model:
    """A low table with a little on it."""
    model = Model()
    {"modern": _nesting, "scandinavian": _round_oak, "industrial": _slab}[style](model)
    return model


def _nesting(model: Model) -> None:
    """A round stone top on a drum of black bars."""
    model.add(disc(0.42, 0.03), "modern.top", (-0.06, 0, 0.36))
    _ring(model, (-0.06, 0.0), 0.34, 0.35, "black_metal")
    model.add(disc(0.24, 0.024), "modern.wood", (0.42, -0.14, 0.27))
    _ring(model, (0.42, -0.14), 0.19, 0.265, "black_metal")
    tray(model, (-0.12, 0.06, 0.391), "modern.wood")
    vase(model, (-0.18, 0.1, 0.405), 0.2, "dark_ceramic")
    branches(model, (-0.18, 0.1, 0.59), 0.34, "dry_grass", seed=2)
    books(model, (0.05, -0.16, 0.391), ("paper", "book_rust"), 0.3)


def _ring(model: Model, at: tuple[float, float], radius: float, height: float, metal: str) -> None:
    angles = np.linspace(0, 2 * math.pi, 49)
    for z in (0.02, height):
        circle = [(at[0] + radius * math.cos(a), at[1] + radius * math.sin(a), z) for a in angles]
        model.add(tube(circle, 0.009, around=8), metal)
    for a in np.linspace(0, 2 * math.pi, 7)[:-1] + 0.3:
        x, y = at[0] + radius * math.cos(a), at[1] + radius * math.sin(a)
        model.add(tube([(x, y, 0.0), (x, y, height)], 0.009, around=10), metal)


def _round_oak(model: Model) -> None:
    model.add(disc(0.45, 0.028, 0.01), "scandinavian.top", (0, 0, 0.40))
    for index in range(4):
        a = index * math.pi / 2 + math.pi / 4
        top, foot = (
            (0.27 * math.cos(a), 0.27 * math.sin(a)),
            (0.36 * math.cos(a), 0.36 * math.sin(a)),
        )
        model.add(tube([(*foot, 0), (*top, 0.405)], [0.014, 0.024]), "scandinavian.wood_z")
    books(model, (0.14, -0.08, 0.429), ("paper", "book_sand", "book_blue"), -0.25)
    vase(model, (-0.14, 0.1, 0.429), 0.19, "white_ceramic")
    branches(model, (-0.14, 0.1, 0.60), 0.36, "leaf", seed=4, leaves=True)


def _slab(model: Model) -> None:
    for row, offset in ((-1, 0.0), (0, 0.01), (1, -0.008)):
        model.box((1.12, 0.205, 0.055), (offset, row * 0.208, 0.40), "industrial.top", radius=0.008)
        model.box((1.0, 0.195, 0.022), (0, row * 0.2, 0.12), "industrial.wood", radius=0.004)
    for sx in (-1, 1):
        for sy in (-1, 1):
            model.box(
                (0.035, 0.035, 0.375),
                (sx * 0.5, sy * 0.28, 0.187),
                "industrial.metal",
                radius=0.003,
            )
        model.box((0.035, 0.595, 0.035), (sx * 0.5, 0, 0.355), "industrial.metal", radius=0.003)
        model.box((0.03, 0.56, 0.02), (sx * 0.5, 0, 0.1), "industrial.metal", radius=0.003)
    books(model, (0.24, 0.03, 0.428), ("book_rust", "paper", "book_blue"), 0.2)
    bowl(model, (-0.2, -0.02, 0.428), 0.16, "dark_ceramic")
    books(model, (-0.1, 0.0, 0.131), ("paper", "book_blue", "book_sand", "paper"), 0.1)


def dining_table(style: str) -> Model:
    """A table for six with a vase or a bowl."""
    model = Model()
    {"modern": _dining_modern, "scandinavian": _dining_oak, "industrial": _dining_plank}[style](
        model
    )
    return model


def _dining_modern(model: Model) -> None:
    """A dark top with round corners on two black trestles."""
    points, faces = rounded_box((1.9, 0.95, 0.034), 0.012)
    model.add((_rounded_corners(points, (0.95, 0.475), 0.18), faces), "modern.wood", (0, 0, 0.735))
    for side in (-1, 1):
        x = side * 0.62
        for sy in (-1, 1):
            ends = [(x + side * 0.08, sy * 0.36, 0), (x - side * 0.03, sy * 0.12, 0.72)]
            model.add(tube(ends, [0.017, 0.025]), "black_metal")
        model.add(tube([(x, -0.22, 0.42), (x, 0.22, 0.42)], 0.012), "black_metal")
        model.add(
            tube([(x - side * 0.03, -0.3, 0.712), (x - side * 0.03, 0.3, 0.712)], 0.014),
            "black_metal",
        )
    vase(model, (-0.1, 0.02, 0.752), 0.26, "white_ceramic")
    branches(model, (-0.1, 0.02, 0.99), 0.48, "leaf", seed=6, leaves=True)
    bowl(model, (0.3, -0.03, 0.752), 0.13, "dark_ceramic")


def _rounded_corners(points: Array, half: tuple[float, float], radius: float) -> Array:
    """Pull the corners of a rectangular top onto arcs (a superellipse)."""
    unit = points[:, :2] / np.array(half)
    power = 2.0 / (radius / max(half)) ** 0.9
    norm = (np.abs(unit) ** power).sum(axis=1) ** (1 / power)
    largest = np.maximum(np.abs(unit).max(axis=1), 1e-9)
    factor = np.where(largest > 0.3, largest / np.maximum(norm, 1e-9), 1.0)
    return np.column_stack([points[:, :2] * factor[:, None], points[:, 2]])


def _dining_oak(model: Model) -> None:
    wood = "scandinavian.wood"
    model.box((1.8, 0.92, 0.03), (0, 0, 0.735), "scandinavian.top", radius=0.012)
    for side in (-1, 1):
        model.box((1.5, 0.022, 0.07), (0, side * 0.34, 0.69), wood, radius=0.004)
        model.box((0.022, 0.66, 0.07), (side * 0.75, 0, 0.69), wood, radius=0.004)
    model.legs(0.75, 0.34, 0.72, "scandinavian.wood_z", splay=0.055, top=0.032, foot=0.017)
    vase(model, (0.05, 0.0, 0.75), 0.24, "grey_ceramic")
    branches(model, (0.05, 0.0, 0.97), 0.5, "leaf", seed=8, leaves=True)
    bowl(model, (-0.38, 0.04, 0.75), 0.14, "white_ceramic")


def _dining_plank(model: Model) -> None:
    for row, offset in ((-1.5, 0.006), (-0.5, -0.008), (0.5, 0.004), (1.5, -0.004)):
        model.box(
            (1.95, 0.232, 0.055), (offset, row * 0.235, 0.725), "industrial.top", radius=0.007
        )
    for side in (-1, 1):
        x = side * 0.72
        for sy in (-1, 1):
            model.box((0.06, 0.06, 0.69), (x, sy * 0.36, 0.345), "industrial.metal", radius=0.004)
        for z in (0.03, 0.67):
            model.box((0.06, 0.76, 0.06), (x, 0, z), "industrial.metal", radius=0.004)
    bowl(model, (0.0, 0.0, 0.753), 0.19, "dark_ceramic")
    vase(model, (0.42, 0.05, 0.753), 0.22, "grey_ceramic")
    branches(model, (0.42, 0.05, 0.95), 0.45, "dry_grass", seed=9)


def nightstand(style: str) -> Model:
    """A bedside table with two drawers."""
    model, body = Model(), f"{style}.cabinet" if style != "industrial" else "industrial.wood"
    lift = 0.16
    model.box((0.46, 0.40, 0.36), (0, 0, lift + 0.18), body, radius=0.008)
    for row in range(2):
        front = (0.425, 0.014, 0.158)
        model.box(front, (0, -0.204, lift + 0.1 + row * 0.168), body, radius=0.004)
        _handle(model, style, (0, -0.222, lift + 0.1 + row * 0.168), 0.12)
    _base(model, style, (0.19, 0.16), lift)
    return model


def desk(style: str) -> Model:
    """A small writing desk with a lamp-free top: a book, a bowl, a vase."""
    model, metal = Model(), "scandinavian.wood_z" if style == "scandinavian" else "black_metal"
    width, depth, height = 1.2, 0.58, 0.75
    model.box((width, depth, 0.028), (0, 0, height - 0.014), f"{style}.top", radius=0.006)
    model.box(
        (width - 0.1, depth - 0.06, 0.09), (0, 0.01, height - 0.075), f"{style}.wood", radius=0.005
    )
    for side in (-1, 1):
        at = (side * 0.27, -depth / 2 + 0.032, height - 0.075)
        model.box((0.5, 0.014, 0.078), at, f"{style}.wood", radius=0.004)
        _handle(model, style, (at[0], at[1] - 0.014, at[2]), 0.12)
    model.legs(
        width / 2 - 0.07, depth / 2 - 0.06, height - 0.1, metal, splay=0.02, top=0.02, foot=0.013
    )
    books(model, (-0.4, 0.1, height), ("book_sand", "paper", "book_blue"), 0.2)
    vase(model, (0.45, 0.13, height), 0.2, "grey_ceramic")
    branches(model, (0.45, 0.13, height + 0.17), 0.32, "leaf", seed=14, leaves=True)
    return model


def sideboard(style: str) -> Model:
    """A long low cabinet with a few things on it."""
    model, body = Model(), f"{style}.cabinet"
    width, depth, height, lift = 1.6, 0.42, 0.56, 0.16
    model.box((width, depth, height), (0, 0, lift + height / 2), body, radius=0.008)
    doors = 4
    for door in range(doors):
        x = -width / 2 + width / doors * (door + 0.5)
        model.box(
            (width / doors - 0.012, 0.014, height - 0.05),
            (x, -depth / 2 - 0.005, lift + height / 2),
            body,
            radius=0.004,
        )
        _handle(
            model,
            style,
            (x + (0.13 if door % 2 == 0 else -0.13), -depth / 2 - 0.022, lift + height / 2),
            0.02,
            0.14,
        )
    _base(model, style, (width / 2 - 0.14, depth / 2 - 0.07), lift)
    top = lift + height
    vase(
        model,
        (-0.55, 0.0, top),
        0.28,
        "white_ceramic" if style != "scandinavian" else "grey_ceramic",
    )
    branches(
        model,
        (-0.55, 0.0, top + 0.25),
        0.42,
        "dry_grass" if style != "scandinavian" else "leaf",
        seed=11,
        leaves=style == "scandinavian",
    )
    books(model, (0.1, 0.0, top + 0.001), ("book_blue", "paper", "book_sand"), 0.05)
    bowl(model, (0.52, -0.02, top), 0.14, "dark_ceramic")
    return model


def _handle(
    model: Model, style: str, at: tuple[float, float, float], width: float, height: float = 0.012
) -> None:
    metal = {"modern": "brass", "scandinavian": "dark_ceramic", "industrial": "black_metal"}[style]
    model.box((width, 0.016, height), at, metal, radius=0.004)


def _base(model: Model, style: str, corner: tuple[float, float], height: float) -> None:
    if style == "scandinavian":
        model.legs(*corner, height + 0.005, "scandinavian.wood_z", splay=0.02, top=0.02, foot=0.012)
        return
    for sx in (-1, 1):
        for sy in (-1, 1):
            at = (sx * corner[0], sy * corner[1], height / 2)
            model.box((0.022, 0.022, height), at, "black_metal", radius=0.003)


def side_table(style: str) -> Model:
    """A small round table to stand beside a chair."""
    model = Model()
    top = {
        "modern": "modern.top",
        "scandinavian": "scandinavian.top",
        "industrial": "industrial.top",
    }[style]
    model.add(disc(0.21, 0.022), top, (0, 0, 0.5))
    metal = "scandinavian.wood_z" if style == "scandinavian" else "black_metal"
    model.add(tube([(0, 0, 0.015), (0, 0, 0.5)], 0.016), metal)
    model.add(disc(0.15, 0.014, 0.004), metal)
    vase(model, (0.05, 0.06, 0.522), 0.13, "grey_ceramic")
    books(model, (-0.04, -0.05, 0.523), ("paper",), 0.5)
    return model
