"""Builds a scene from its description and renders the furniture with Cycles.

The photo's walls and ceiling become dim lamps of the colours seen on them, its windows area lamps,
its floor a grey plane that catches shadows. Lengths are in metres, the floor is z = 0.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray
from room import Room, add_room
from view import add_camera, crop_to, outline_of

Progress = Callable[[float], None]
# How much of the time the furniture's colours take; its shadows take the rest.
_FIRST_SHARE = 0.55
# More of them fill the shadows up, and cost time.
_SHADOW_BOUNCES = 1


def version() -> str:
    """Blender's version, for the record of a job."""
    return str(bpy.app.version_string)


def render(description: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Render to `description["output"]`, a .npz, and say which part of the photo it shows.

    `furniture` is premultiplied linear RGBA, `shadow` how much light the furniture takes from floor and
    walls, at half the size, and `outline` the triangles that the furniture covers, in photo pixels from
    the corner of the part.
    """
    started = time.perf_counter()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    _configure(scene, description)
    camera = add_camera(scene, description["camera"])
    furniture = _place(scene, Path(description["furniture"]), description["items"])
    bpy.context.view_layer.update()
    room = add_room(scene, description, furniture)
    crop = crop_to(scene, camera, furniture, description["camera"])
    outline = outline_of(furniture, camera, description["camera"], crop)
    built = time.perf_counter()
    _watch(scene, lambda share: progress(_FIRST_SHARE * share))
    coloured = _rendered(scene, description["output"])
    rendered = time.perf_counter()
    _watch(scene, lambda share: progress(_FIRST_SHARE + (1 - _FIRST_SHARE) * share))
    _show_shadows_only(scene, description["quality"]["shadow_samples"], furniture, room)
    shadow = _rendered(scene, description["output"])[..., 3]
    bpy.app.handlers.render_stats.clear()
    with Path(description["output"]).open("wb") as file:
        np.savez(file, furniture=coloured, shadow=shadow, outline=outline)
    return {
        "blender": version(),
        "crop": crop,
        "size": [coloured.shape[1], coloured.shape[0]],
        "build_seconds": round(built - started, 3),
        "render_seconds": round(rendered - built, 3),
        "shadow_seconds": round(time.perf_counter() - rendered, 3),
    }


def _configure(scene: bpy.types.Scene, description: dict[str, Any]) -> None:
    """Cycles on the CPU with everything that could vary from run to run fixed."""
    quality = description["quality"]
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.seed = description["seed"] % 2**31
    cycles.samples = quality["samples"]
    # Its stopping rule works on batches whose size follows the clock: not repeatable.
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = True
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_use_gpu = False
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    # The better filters take a third more time and 300 MB more memory.
    cycles.denoising_prefilter = cycles.denoising_quality = "FAST"
    # It pays for many lamps; here are a few windows.
    cycles.use_light_tree = False
    cycles.max_bounces = quality["bounces"]
    cycles.diffuse_bounces = quality["bounces"]
    cycles.glossy_bounces = 1
    cycles.transmission_bounces = 1
    cycles.transparent_max_bounces = 4
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 3.0
    cycles.filter_width = 1.5
    scene.render.film_transparent = True
    scene.render.threads_mode = "FIXED"
    scene.render.threads = description["threads"]
    scene.render.use_persistent_data = False
    scene.view_settings.view_transform = "Standard"
    output = scene.render.image_settings
    output.file_format = "OPEN_EXR"
    output.color_mode, output.color_depth, output.exr_codec = "RGBA", "32", "NONE"


def _place(
    scene: bpy.types.Scene, library: Path, items: list[dict[str, Any]]
) -> list[bpy.types.Object]:
    """The furniture, each piece loaded once and shared by its copies."""
    names = sorted({item["asset"] for item in items})
    with bpy.data.libraries.load(str(library)) as (available, wanted):
        missing = sorted(set(names) - set(available.objects))
        if missing:
            raise ValueError(f"no such furniture: {missing}")
        wanted.objects = list(names)
    pieces = dict(zip(names, wanted.objects, strict=True))
    placed = []
    for item in items:
        copy = bpy.data.objects.new(item["asset"], pieces[item["asset"]].data)
        copy.matrix_world = (
            Matrix.Translation(item["position"])
            @ Matrix.Rotation(item["rotation"], 4, "Z")
            @ Matrix.Diagonal((*item["scale"], 1.0))
        )
        scene.collection.objects.link(copy)
        placed.append(copy)
    return placed


def _watch(scene: bpy.types.Scene, progress: Progress) -> None:
    """Report the share of samples done, as Cycles prints it in its statistics."""

    def report(text: Any, *_: Any) -> None:
        words = str(text).partition("Sample ")[2].partition("/")
        if words[0].isdigit() and words[2].split(" ")[0].isdigit():
            progress(int(words[0]) / max(1, int(words[2].split(" ")[0])))

    bpy.app.handlers.render_stats.clear()
    bpy.app.handlers.render_stats.append(report)


def _show_shadows_only(
    scene: bpy.types.Scene, samples: int, furniture: list[bpy.types.Object], room: Room
) -> None:
    """Make the next rendering one of the shadows on floor and walls, as if the furniture that casts them
    were of glass to the camera. They are soft: half the size will do."""
    room.catch_shadows()
    for thing in furniture:
        thing.visible_camera = False
    cycles = scene.cycles
    cycles.samples = samples
    cycles.max_bounces = cycles.diffuse_bounces = _SHADOW_BOUNCES
    scene.render.resolution_percentage = round(scene.render.resolution_percentage / 2)


def _rendered(scene: bpy.types.Scene, output: str) -> NDArray[np.float32]:
    """Render, and read the result as an array, top row first."""
    scene.render.filepath = output + ".exr"
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    Path(scene.render.filepath).unlink()
    return pixels.reshape(height, width, 4)[::-1]
