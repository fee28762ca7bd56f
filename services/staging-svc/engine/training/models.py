"""Furniture to render: the models of Debian's package sweethome3d-furniture, made small.

    apt-get download sweethome3d-furniture && dpkg-deb -x sweethome3d-furniture_*.deb library
    python -m training.models library/usr/share/sweethome3d/furniture models.npz

Each model keeps its category, its size in metres and, for each of its materials, one colour. Vertices that
share a cell of a grid are merged until a model has at most 1800 triangles.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_MOST_TRIANGLES = 1800
_GRIDS = (96, 72, 56, 44, 34, 26, 20, 14, 10)
_GREY = (0.6, 0.6, 0.6)


@dataclass(frozen=True, slots=True)
class Model:
    """A piece that stands on z = 0, its middle at the origin, its front towards -Y, in metres."""

    name: str
    category: str
    size: tuple[float, float, float]
    elevation: float
    """How high it hangs or stands above the floor."""
    points: NDArray[np.float32]
    faces: NDArray[np.int32]
    colours: NDArray[np.float32]
    """Linear RGB of each face."""


def read_models(path: Path) -> list[Model]:
    """What `main` wrote."""
    with np.load(path) as archive:
        data = {name: archive[name] for name in archive.files}
    models = []
    points = faces = 0
    for index, name in enumerate(data["names"]):
        p, f = int(data["point_counts"][index]), int(data["face_counts"][index])
        size = data["sizes"][index].astype(float)
        unit = data["points"][points : points + p].astype(np.float32) / 65535
        scaled = (unit - np.array([0.5, 0.5, 0.0], np.float32)) * size.astype(np.float32)
        models.append(
            Model(
                str(name),
                str(data["categories"][index]),
                (float(size[0]), float(size[1]), float(size[2])),
                float(data["elevations"][index]),
                scaled,
                data["faces"][faces : faces + f].astype(np.int32),
                (data["colours"][faces : faces + f].astype(np.float32) / 255) ** 2.2,
            )
        )
        points, faces = points + p, faces + f
    return models


def main(words: list[str] | None = None) -> None:
    """Read the libraries and write one file; `words` are the arguments, else those of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args(words)
    kept = []
    for path in sorted(arguments.library.glob("*.sh3f")):
        with zipfile.ZipFile(path) as archive:
            kept += list(_models(archive))
    np.savez_compressed(
        arguments.output,
        names=np.array([m[0] for m in kept]),
        categories=np.array([m[1] for m in kept]),
        sizes=np.array([m[2] for m in kept], np.float32),
        elevations=np.array([m[3] for m in kept], np.float32),
        point_counts=np.array([len(m[4]) for m in kept], np.int32),
        face_counts=np.array([len(m[5]) for m in kept], np.int32),
        points=np.concatenate([m[4] for m in kept]),
        faces=np.concatenate([m[5] for m in kept]),
        colours=np.concatenate([m[6] for m in kept]),
    )
    sys.stdout.write(f"{len(kept)} models, {sum(len(m[5]) for m in kept)} triangles\n")


_Raw = tuple[str, str, tuple[float, float, float], float, NDArray[Any], NDArray[Any], NDArray[Any]]


def _models(archive: zipfile.ZipFile) -> Iterator[_Raw]:
    text = archive.read("PluginFurnitureCatalog.properties").decode("latin-1")
    entries: dict[str, dict[str, str]] = {}
    for key, number, value in re.findall(r"^(\w+)#(\d+)=(.*)$", text, re.MULTILINE):
        entries.setdefault(number, {})[key] = value.strip()
    for entry in entries.values():
        size = tuple(float(entry[side]) / 100 for side in ("width", "depth", "height"))
        try:
            points, faces, colours = _read_obj(archive, entry["model"].lstrip("/"))
        except (KeyError, ValueError):
            continue
        turn = [float(v) for v in entry.get("modelRotation", "1 0 0 0 1 0 0 0 1").split()]
        points = points @ np.array(turn).reshape(3, 3).T
        # Sweet Home 3D: y up, z to the front.
        points = np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)
        low, high = points.min(axis=0), points.max(axis=0)
        unit = (points - low) / np.maximum(high - low, 1e-6)
        unit, faces, colours = _smaller(unit, faces, colours)
        if len(faces) < 4:
            continue
        elevation = float(entry.get("elevation", "0")) / 100
        quantised = np.round(unit * 65535).astype(np.uint16)
        yield (
            entry["name"],
            entry["category"],
            (size[0], size[1], size[2]),
            elevation,
            quantised,
            faces.astype(np.uint16),
            np.round(colours * 255).astype(np.uint8),
        )


def _smaller(
    points: NDArray[Any], faces: NDArray[Any], colours: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    for grid in _GRIDS:
        cells = np.floor(points * (grid - 1e-3)).astype(np.int64)
        keys, inverse = np.unique(cells @ np.array([1, 1000, 1000000]), return_inverse=True)
        sums = np.stack(
            [np.bincount(inverse, points[:, axis], len(keys)) for axis in range(3)], axis=1
        )
        merged = sums / np.bincount(inverse, minlength=len(keys))[:, None]
        corners = inverse[faces]
        flat = (
            (corners[:, 0] == corners[:, 1])
            | (corners[:, 1] == corners[:, 2])
            | (corners[:, 2] == corners[:, 0])
        )
        left, first = np.unique(np.sort(corners[~flat], axis=1), axis=0, return_index=True)
        if len(left) <= _MOST_TRIANGLES or grid == _GRIDS[-1]:
            kept = np.flatnonzero(~flat)[first]
            return merged, corners[kept], colours[kept]
    raise AssertionError


def _read_obj(
    archive: zipfile.ZipFile, path: str
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    folder = path.rsplit("/", 1)[0] + "/"
    points: list[list[float]] = []
    faces: list[tuple[int, int, int]] = []
    colours: list[tuple[float, float, float]] = []
    materials: dict[str, tuple[float, float, float]] = {}
    colour = _GREY
    for line in archive.read(path).decode("latin-1").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "v":
            points.append([float(value) for value in words[1:4]])
        elif words[0] == "mtllib":
            name = folder + line.split(None, 1)[1].strip()
            if name in archive.namelist():
                materials |= _read_materials(archive, name)
        elif words[0] == "usemtl":
            colour = materials.get(words[1] if len(words) > 1 else "", _GREY)
        elif words[0] == "f":
            corners = [int(word.split("/")[0]) for word in words[1:]]
            corners = [c - 1 if c > 0 else len(points) + c for c in corners]
            for second, third in pairwise(corners[1:]):
                faces.append((corners[0], second, third))
                colours.append(colour)
    if not faces:
        raise ValueError(path)
    return np.array(points), np.array(faces), np.array(colours)


def _read_materials(archive: zipfile.ZipFile, path: str) -> dict[str, tuple[float, float, float]]:
    folder = path.rsplit("/", 1)[0] + "/"
    found: dict[str, tuple[float, float, float]] = {}
    name = ""
    for line in archive.read(path).decode("latin-1").splitlines():
        words = line.split()
        if len(words) < 2:
            continue
        if words[0] == "newmtl":
            name = words[1]
            found[name] = _GREY
        elif words[0] == "Kd":
            found[name] = tuple(min(1.0, float(v)) for v in words[1:4])  # type: ignore[assignment]
        elif words[0] == "map_Kd":
            image = folder + words[-1]
            if image in archive.namelist():
                with Image.open(io.BytesIO(archive.read(image))) as texture:
                    mean = np.asarray(texture.convert("RGB").resize((4, 4))).mean(axis=(0, 1)) / 255
                found[name] = (float(mean[0]), float(mean[1]), float(mean[2]))
    return found


if __name__ == "__main__":
    main()
