"""The materials of the furniture: Principled BSDF with procedural grain, no image files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import bpy
import numpy as np

Kind = Literal["plain", "fabric", "boucle", "leather", "wood", "leaf", "shade"]

# The direction the grain runs along, as scales of the noise on x, y and z.
_GRAIN = {"x": (0.5, 26.0, 26.0), "y": (26.0, 0.5, 26.0), "z": (26.0, 26.0, 0.5)}
# Faces that look along the grain are veneered as well: there it runs another way.
_ACROSS = {"x": "z", "y": "z", "z": "x"}


@dataclass(frozen=True, slots=True)
class Finish:
    """What a material looks like; colours are sRGB hex."""

    kind: Kind
    color: str
    roughness: float = 0.6
    metallic: float = 0.0
    grain: str = "x"
    emission: float = 0.0


def linear(color: str) -> tuple[float, float, float, float]:
    """Linear RGBA of an sRGB hex colour."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return r, g, b, 1.0


def make_material(name: str, finish: Finish) -> bpy.types.Material:
    """A new material of that finish."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = linear(finish.color)
    shader.inputs["Roughness"].default_value = finish.roughness
    shader.inputs["Metallic"].default_value = finish.metallic
    _DETAIL[finish.kind](tree, shader, finish)
    if finish.emission:
        shader.inputs["Emission Color"].default_value = linear(finish.color)
        shader.inputs["Emission Strength"].default_value = finish.emission
        # They glow but light little; sampling their triangles costs more than it gives.
        material.cycles.emission_sampling = "NONE"
    return material


def _noise(tree: Any, scale: float, detail: float, stretch: tuple[float, float, float]) -> Any:
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = stretch
    tree.links.new(coordinates.outputs["Object"], mapping.inputs["Vector"])
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = scale
    noise.inputs["Detail"].default_value = detail
    tree.links.new(mapping.outputs[0], noise.inputs["Vector"])
    return noise.outputs["Fac"]


def _vary(
    tree: Any, shader: Any, finish: Finish, factor: Any, darkest: float, lightest: float
) -> None:
    """Let the colour swing between `darkest` and `lightest` times itself with a noise."""
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    base = linear(finish.color)
    for element, level, position in zip(
        ramp.color_ramp.elements, (darkest, lightest), (0.32, 0.68), strict=True
    ):
        element.position = position
        element.color = (*(min(1.0, channel * level) for channel in base[:3]), 1.0)
    tree.links.new(factor, ramp.inputs[0])
    tree.links.new(ramp.outputs[0], shader.inputs["Base Color"])


def _bump(tree: Any, shader: Any, height: Any, strength: float, distance: float) -> None:
    bump = tree.nodes.new("ShaderNodeBump")
    bump.inputs["Strength"].default_value = strength
    bump.inputs["Distance"].default_value = distance
    tree.links.new(height, bump.inputs["Height"])
    tree.links.new(bump.outputs[0], shader.inputs["Normal"])


def _plain(tree: Any, shader: Any, finish: Finish) -> None:
    shader.inputs["Specular IOR Level"].default_value = 0.4


def _fabric(tree: Any, shader: Any, finish: Finish) -> None:
    shader.inputs["Specular IOR Level"].default_value = 0.15
    shader.inputs["Sheen Weight"].default_value = 0.15
    weave = _noise(tree, 1.0, 2.0, (420, 420, 420))
    _vary(tree, shader, finish, weave, 0.80, 1.14)
    _bump(tree, shader, weave, 0.35, 0.003)


def _boucle(tree: Any, shader: Any, finish: Finish) -> None:
    shader.inputs["Specular IOR Level"].default_value = 0.1
    shader.inputs["Sheen Weight"].default_value = 0.2
    loops = _noise(tree, 1.0, 1.0, (110, 110, 110))
    _vary(tree, shader, finish, loops, 0.78, 1.12)
    _bump(tree, shader, loops, 0.9, 0.008)


def _leather(tree: Any, shader: Any, finish: Finish) -> None:
    shader.inputs["Specular IOR Level"].default_value = 0.4
    _vary(tree, shader, finish, _noise(tree, 1.0, 5.0, (24, 24, 24)), 0.88, 1.1)
    _bump(tree, shader, _noise(tree, 1.0, 3.0, (160, 160, 160)), 0.2, 0.003)


def _wood(tree: Any, shader: Any, finish: Finish) -> None:
    shader.inputs["Specular IOR Level"].default_value = 0.35
    grain = _fibres(tree, finish.grain)
    _vary(tree, shader, finish, grain, 0.80, 1.12)
    _bump(tree, shader, grain, 0.05, 0.0015)


def _fibres(tree: Any, along: str) -> Any:
    """A noise drawn out along an axis, or across it on the faces that look along it."""
    here, there = np.array(_GRAIN[along]), np.array(_GRAIN[_ACROSS[along]])
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    parts = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(coordinates.outputs["Normal"], parts.inputs[0])
    size, is_end = (tree.nodes.new("ShaderNodeMath") for _ in range(2))
    size.operation, is_end.operation = "ABSOLUTE", "GREATER_THAN"
    is_end.inputs[1].default_value = 0.7
    tree.links.new(parts.outputs[along.upper()], size.inputs[0])
    tree.links.new(size.outputs[0], is_end.inputs[0])
    scale, place = (tree.nodes.new("ShaderNodeVectorMath") for _ in range(2))
    scale.operation, place.operation = "MULTIPLY_ADD", "MULTIPLY"
    tree.links.new(is_end.outputs[0], scale.inputs[0])
    scale.inputs[1].default_value, scale.inputs[2].default_value = there - here, here
    tree.links.new(coordinates.outputs["Object"], place.inputs[0])
    tree.links.new(scale.outputs[0], place.inputs[1])
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 3.0
    noise.inputs["Detail"].default_value = 4.0
    tree.links.new(place.outputs[0], noise.inputs["Vector"])
    return noise.outputs["Fac"]


def _leaf(tree: Any, shader: Any, finish: Finish) -> None:
    shader.inputs["Specular IOR Level"].default_value = 0.4
    _vary(tree, shader, finish, _noise(tree, 1.0, 2.0, (7, 7, 7)), 0.6, 1.45)


def _shade(tree: Any, shader: Any, finish: Finish) -> None:
    shader.inputs["Specular IOR Level"].default_value = 0.1
    _bump(tree, shader, _noise(tree, 1.0, 1.0, (300, 300, 300)), 0.1, 0.002)


_DETAIL = {
    "plain": _plain,
    "fabric": _fabric,
    "boucle": _boucle,
    "leather": _leather,
    "wood": _wood,
    "leaf": _leaf,
    "shade": _shade,
}


def make_image_material(
    name: str, image: bpy.types.Image, size: tuple[float, float], *, upright: bool, pile: float
) -> bpy.types.Material:
    """A material showing `image` over `size` metres of the object's xy (or, upright, xz) plane."""
    material = make_material(name, Finish("plain", "#ffffff", roughness=0.95))
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Specular IOR Level"].default_value = 0.1
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Rotation"].default_value = (-1.5707963, 0, 0) if upright else (0, 0, 0)
    mapping.inputs["Location"].default_value = (0.5, 0.5, 0)
    mapping.inputs["Scale"].default_value = (
        1 / size[0],
        1 / size[0 if upright else 1],
        1 / size[1],
    )
    tree.links.new(coordinates.outputs["Object"], mapping.inputs["Vector"])
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = image
    texture.extension = "EXTEND"
    tree.links.new(mapping.outputs[0], texture.inputs["Vector"])
    tree.links.new(texture.outputs[0], shader.inputs["Base Color"])
    if pile:
        shader.inputs["Sheen Weight"].default_value = 0.05
        _bump(tree, shader, _noise(tree, 1.0, 2.0, (170, 170, 170)), pile, 0.006)
    return material
