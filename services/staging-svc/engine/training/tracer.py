"""Builds tracer.cu and renders scenes with it: with nvcc on a GPU where there is one, else with g++."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from staging_engine.geometry import Camera

_SOURCE = Path(__file__).with_name("tracer.cu")
SURFACES = {"diffuse": 0, "metal": 1, "glass": 2, "cloth": 3}
PATTERNS = {
    name: index
    for index, name in enumerate(
        (
            "plain",
            "planks",
            "tiles",
            "carpet",
            "stripes",
            "marble",
            "brick",
            "herringbone",
            "picture",
            "grass",
            "concrete",
        )
    )
}

Colour = tuple[float, float, float]
Floats32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks; `a` and `b` are linear RGB, `scale` is in metres."""

    a: Colour
    label: int
    b: Colour = (0.0, 0.0, 0.0)
    pattern: str = "plain"
    scale: float = 1.0
    turn: float = 0.0
    gloss: float = 0.0
    rough: float = 0.0
    emission: float = 0.0
    surface: str = "diffuse"
    seed: int = 0
    contrast: float = 1.0

    def packed(self) -> list[float]:
        """As struct Material of tracer.cu."""
        return [
            *self.a,
            *self.b,
            self.scale,
            self.turn,
            PATTERNS[self.pattern],
            self.gloss,
            self.rough,
            self.emission,
            SURFACES[self.surface],
            self.label,
            self.seed,
            self.contrast,
        ]


@dataclass(slots=True)
class Mesh:
    """What is rendered: triangles with materials and ids, rectangles that shine, the sky and the sun."""

    corners: list[Floats32] = field(default_factory=list)
    normals: list[Floats32] = field(default_factory=list)
    material_of: list[NDArray[np.int32]] = field(default_factory=list)
    thing_of: list[NDArray[np.int32]] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    lights: list[list[float]] = field(default_factory=list)
    sky: Floats32 = field(default_factory=lambda: np.ones((2, 4, 3), np.float32))
    sun: tuple[float, float, float] = (0.0, 0.0, 1.0)
    sun_colour: Colour = (0.0, 0.0, 0.0)
    ambient: float = 0.02
    is_outside: bool = False

    def add(
        self,
        corners: NDArray[Any],
        material: int | NDArray[Any],
        thing: int,
        normals: NDArray[Any] | None = None,
    ) -> None:
        """Triangles (n, 3, 3), flat unless normals of their corners are given."""
        corners = np.asarray(corners, np.float32)
        if normals is None:
            flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-12
            normals = np.repeat(flat[:, None], 3, axis=1)
        self.corners.append(corners)
        self.normals.append(np.asarray(normals, np.float32))
        count = len(corners)
        self.material_of.append(np.broadcast_to(np.asarray(material, np.int32), count).copy())
        self.thing_of.append(np.full(count, thing, np.int32))


@dataclass(frozen=True, slots=True)
class Picture:
    """Linear RGB light, and of each pixel's middle the label and the id of the thing."""

    light: Floats32
    labels: NDArray[np.int32]
    things: NDArray[np.int32]


def render(
    mesh: Mesh,
    camera: Camera,
    place: tuple[float, float, float],
    *,
    samples: int,
    bounces: int = 4,
    filters: int = 4,
    seed: int = 0,
    bend: float = 0.0,
) -> Picture:
    """The picture that `camera` at `place` takes; `filters` are passes that smooth the light."""
    width, height = camera.width, camera.height
    view = np.array(
        [
            *camera.matrix.reshape(-1),
            *place,
            camera.focal,
            width,
            height,
            bend,
            *mesh.sun,
            *mesh.sun_colour,
            mesh.ambient,
            samples,
            bounces,
            seed % 1_000_003,
            len(mesh.lights),
            mesh.sky.shape[1],
            mesh.sky.shape[0],
            float(mesh.is_outside),
        ],
        np.float32,
    )
    corners = np.ascontiguousarray(np.concatenate(mesh.corners), np.float32)
    normals = np.ascontiguousarray(np.concatenate(mesh.normals), np.float32)
    material_of = np.ascontiguousarray(np.concatenate(mesh.material_of), np.int32)
    thing_of = np.ascontiguousarray(np.concatenate(mesh.thing_of), np.int32)
    materials = np.array([material.packed() for material in mesh.materials], np.float32)
    lights = np.array(mesh.lights or [[0.0] * 13], np.float32)
    sky = np.ascontiguousarray(mesh.sky, np.float32)
    light = np.zeros((height, width, 3), np.float32)
    labels = np.zeros((height, width, 2), np.int32)
    failed = _library().render(
        _pointer(corners),
        _pointer(normals),
        _pointer(material_of),
        _pointer(thing_of),
        len(corners),
        _pointer(materials),
        len(materials),
        _pointer(lights),
        _pointer(sky),
        _pointer(view),
        filters,
        _pointer(light),
        _pointer(labels),
    )
    if failed:
        raise RuntimeError(f"The tracer failed with CUDA error {failed}.")
    return Picture(light, labels[..., 0], labels[..., 1])


def _pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


_LOADED: list[ctypes.CDLL] = []


def _library() -> ctypes.CDLL:
    if not _LOADED:
        _LOADED.append(ctypes.CDLL(str(build())))
    return _LOADED[0]


def build() -> Path:
    """Compile the tracer unless that was done; the library's path."""
    nvcc = os.environ.get("TRACER_NVCC") or shutil.which("nvcc")
    common = ["-O3", "-shared", "-std=c++17"]
    if nvcc:
        command = [nvcc, *common, "-Xcompiler", "-fPIC", "-arch=native", str(_SOURCE)]
    else:
        command = [
            "g++",
            *common,
            "-fPIC",
            "-fopenmp",
            "-march=x86-64-v3",
            "-x",
            "c++",
            str(_SOURCE),
        ]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "stagify" / "tracer"
    cache.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(_SOURCE.read_bytes() + " ".join(command).encode()).hexdigest()[:16]
    library = cache / f"{name}.so"
    if not library.exists():
        partial = library.with_suffix(f".{os.getpid()}.so")
        subprocess.run([*command, "-o", str(partial)], check=True)
        partial.rename(library)
    return library
