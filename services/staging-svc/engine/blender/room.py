"""The empty room around the furniture: what lights it and what catches its shadows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bounds = tuple[Array, Array]
Patch = tuple[list["Corner"], Array]
Corner = tuple[float, float, float]
# The glowing walls stand just behind the ones that catch shadows, which would cover them.
_GAP = 0.03
_WINDOW_GAP = 0.02
# Furniture this near to a wall shadows it, and this far around itself.
_NEAR_WALL = 0.6
_SHADOW_REACH = 0.4
_FLAT_REACH = 0.08
_PATCH_TEXELS = 96
# Full shadows look like dark halos on white walls.
_WALL_STRENGTH = 0.75
# About as bright as a wall that catches shadows; see _fade.
_CAUGHT_RADIANCE = 0.3


@dataclass(frozen=True, slots=True)
class Room:
    """What the furniture stands in: what only lights it, the floor, and the parts of walls near it."""

    glowing: list[bpy.types.Object]
    floor: bpy.types.Object
    walls: list[bpy.types.Object]

    def catch_shadows(self) -> None:
        """Show the camera the shadows of the furniture, and nothing else of the room."""
        for wall in self.walls:
            wall.hide_render = False
        self.floor.visible_camera = True
        # All of them: only these exist in the room "without furniture" that Cycles compares with.
        for thing in (*self.glowing, self.floor, *self.walls):
            thing.is_shadow_catcher = True


def add_room(
    scene: bpy.types.Scene, description: dict[str, Any], furniture: list[bpy.types.Object]
) -> Room:
    """Add glowing surfaces, windows, the floor and the walls; the camera sees none of them yet."""
    box = description["room"]
    surfaces = np.load(description["surfaces"])
    glowing = [
        _glowing(scene, name, corners, surfaces[name])
        for name, corners in _faces(box, _GAP).items()
        if name in surfaces.files
    ]
    for window in description["windows"]:
        _window(scene, window)
    floor = _plain(scene, "floor", _faces(box, 0.0)["floor"], description["floor"])
    floor.visible_camera = False
    bounds = [_bounds(thing) for thing in furniture]
    walls = []
    for wall in ("back", "left", "right"):
        for corners, strength in _shadowed(box, wall, bounds):
            patch = _plain(scene, wall, corners, description["wall"])
            patch.visible_diffuse = patch.visible_glossy = patch.visible_shadow = False
            patch.hide_render = True
            _fade(patch, strength * _WALL_STRENGTH)
            walls.append(patch)
    return Room(glowing, floor, walls)


def _bounds(thing: bpy.types.Object) -> Bounds:
    """The lowest and the highest corner of an object in the room."""
    corners = np.array([list(thing.matrix_world @ Vector(corner)) for corner in thing.bound_box])
    return corners.min(axis=0), corners.max(axis=0)


def _shadowed(box: dict[str, float], wall: str, bounds: list[Bounds]) -> list[Patch]:
    """The parts of a wall near furniture, each with how strongly it catches at each place."""
    axis = 0 if wall == "back" else 1
    start, end = (box["left"], box["right"]) if axis == 0 else (box["front"], box["depth"])
    near = [
        _Neighbour(
            low=float(low[axis]),
            high=float(high[axis]),
            bottom=float(low[2]),
            top=float(high[2]),
            closeness=min(closeness, 1.0) ** 2,
            reach=min(_SHADOW_REACH, _FLAT_REACH + float((high - low)[1 - axis])),
        )
        for low, high in bounds
        if (closeness := 1 - _distance(box, wall, low, high) / _NEAR_WALL) > 0
    ]
    patches = []
    for group in _grouped(near):
        low = max(start, min(each.low for each in group) - _SHADOW_REACH)
        high = min(end, max(each.high for each in group) + _SHADOW_REACH)
        top = min(box["ceiling"], max(each.top for each in group) + _SHADOW_REACH)
        corners = ((low, 0.0), (high, 0.0), (high, top), (low, top))
        along, up = np.meshgrid(
            np.linspace(low, high, _PATCH_TEXELS), np.linspace(0, top, _PATCH_TEXELS)
        )
        strength = np.max([each.strength(along, up) for each in group], axis=0)
        patches.append(([_on_wall(box, wall, a, z) for a, z in corners], strength))
    return patches


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """A piece near a wall: its rectangle on the wall, how close it is (up to 1), and how far around itself it
    may shadow the wall."""

    low: float
    high: float
    bottom: float
    top: float
    closeness: float
    reach: float

    def strength(self, along: Array, up: Array) -> Array:
        """Most beside the piece, nothing at its reach: further away a shadow looks like a stain."""
        beside = np.maximum(np.maximum(self.low - along, along - self.high), 0)
        above = np.maximum(np.maximum(self.bottom - up, up - self.top), 0)
        return np.asarray(self.closeness * np.clip(1 - np.hypot(beside, above) / self.reach, 0, 1))


def _grouped(pieces: list[_Neighbour]) -> list[list[_Neighbour]]:
    """The pieces whose shadows may meet, together: patches must not cover one another."""
    groups: list[list[_Neighbour]] = []
    for piece in sorted(pieces, key=lambda each: each.low):
        if groups and piece.low < max(each.high for each in groups[-1]) + 2 * _SHADOW_REACH:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _distance(box: dict[str, float], wall: str, low: Array, high: Array) -> float:
    gaps = {
        "back": box["depth"] - high[1],
        "left": low[0] - box["left"],
        "right": box["right"] - high[0],
    }
    return float(gaps[wall])


def _on_wall(box: dict[str, float], wall: str, along: float, height: float) -> Corner:
    if wall == "back":
        return along, box["depth"], height
    return box[wall], along, height


def _faces(box: dict[str, float], out: float) -> dict[str, list[Corner]]:
    """The corners of each face, moved `out` metres outwards; u runs along the first edge."""
    left, right = box["left"] - out, box["right"] + out
    front, depth = box["front"] - out, box["depth"] + out
    floor, ceiling = -out, box["ceiling"] + out
    return {
        "floor": [
            (left, front, floor),
            (right, front, floor),
            (right, depth, floor),
            (left, depth, floor),
        ],
        "ceiling": [
            (left, front, ceiling),
            (right, front, ceiling),
            (right, depth, ceiling),
            (left, depth, ceiling),
        ],
        "back": [
            (left, depth, floor),
            (right, depth, floor),
            (right, depth, ceiling),
            (left, depth, ceiling),
        ],
        "front": [
            (left, front, floor),
            (right, front, floor),
            (right, front, ceiling),
            (left, front, ceiling),
        ],
        "left": [
            (left, front, floor),
            (left, depth, floor),
            (left, depth, ceiling),
            (left, front, ceiling),
        ],
        "right": [
            (right, front, floor),
            (right, depth, floor),
            (right, depth, ceiling),
            (right, front, ceiling),
        ],
    }


def _quad(scene: bpy.types.Scene, name: str, corners: list[Corner]) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    coordinates = mesh.uv_layers.new().data
    for loop, uv in zip(coordinates, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        loop.uv = uv
    thing = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(thing)
    return thing


def _glowing(
    scene: bpy.types.Scene, name: str, corners: list[Corner], radiance: NDArray[np.float32]
) -> bpy.types.Object:
    """A face that shines as bright as the photo shows it; seen by bounced rays only."""
    thing = _quad(scene, f"glow.{name}", corners)
    material = bpy.data.materials.new(f"glow.{name}")
    material.use_nodes = True
    # It is smooth and everywhere: found by chance often enough, and sampling it costs rays.
    material.cycles.emission_sampling = "NONE"
    tree = material.node_tree
    tree.nodes.clear()
    emission = _emission(tree, name, radiance)
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(emission.outputs[0], output.inputs["Surface"])
    thing.data.materials.append(material)
    thing.visible_camera = thing.visible_shadow = False
    return thing


def _emission(tree: Any, name: str, radiance: NDArray[np.floating[Any]]) -> Any:
    """An emission node that shows `radiance` (rows from below, 3 channels) over the face."""
    height, width = radiance.shape[:2]
    image = bpy.data.images.new(f"emission.{name}", width, height, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    rgba = np.dstack([radiance, np.ones((height, width))]).astype(np.float32)
    image.pixels.foreach_set(rgba.reshape(-1))
    image.update()
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image, texture.extension = image, "EXTEND"
    emission = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(texture.outputs["Color"], emission.inputs["Color"])
    return emission


def _fade(patch: bpy.types.Object, strength: Array) -> None:
    """Let the shadows on a catcher end softly at its edges.

    Cycles keeps the ratio of the light with and without furniture. Adding the same glow to both
    moves that ratio to 1, which is no shadow.
    """
    glow = _CAUGHT_RADIANCE * (1 / np.clip(strength, 0.01, 1) - 1)
    material = patch.data.materials[0]
    material.cycles.emission_sampling = "NONE"
    tree = material.node_tree
    emission = _emission(tree, "fade", np.repeat(glow[..., None], 3, axis=-1))
    added = tree.nodes.new("ShaderNodeAddShader")
    output = tree.nodes["Material Output"]
    tree.links.new(tree.nodes["Principled BSDF"].outputs[0], added.inputs[0])
    tree.links.new(emission.outputs[0], added.inputs[1])
    tree.links.new(added.outputs[0], output.inputs["Surface"])


def _window(scene: bpy.types.Scene, window: dict[str, Any]) -> None:
    """An area lamp of the window's size and radiance, just inside the wall."""
    width, height = window["size"]
    lamp = bpy.data.lights.new("window", "AREA")
    lamp.shape, lamp.size, lamp.size_y = "RECTANGLE", width, height
    radiance = np.array(window["radiance"])
    peak = max(float(radiance.max()), 1e-6)
    lamp.energy = peak * width * height * np.pi
    lamp.color = (radiance / peak).tolist()
    thing = bpy.data.objects.new("window", lamp)
    normal = Vector(window["normal"])
    thing.location = Vector(window["center"]) + normal * _WINDOW_GAP
    thing.rotation_mode = "QUATERNION"
    thing.rotation_quaternion = (-normal).to_track_quat("Z", "Y")
    scene.collection.objects.link(thing)


def _plain(
    scene: bpy.types.Scene, name: str, corners: list[Corner], surface: dict[str, Any]
) -> bpy.types.Object:
    """A face of one colour that reflects light."""
    thing = _quad(scene, name, corners)
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*surface["albedo"], 1.0)
    shader.inputs["Roughness"].default_value = surface["roughness"]
    shader.inputs["Specular IOR Level"].default_value = surface["specular"]
    thing.data.materials.append(material)
    thing.visible_transmission = False
    return thing
