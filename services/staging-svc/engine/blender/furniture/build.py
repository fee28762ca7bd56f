"""Make furniture.blend and furniture.json: `python -m furniture.build --library FILE.sh3f`.

The library is BlendSwap-CC-0.sh3f of Debian's package sweethome3d-furniture.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np

from . import converted, decor, lamps, plants, seating, sleeping, tables, textures
from .materials import make_image_material, make_material
from .palette import FINISHES, STYLES
from .shapes import Model

_HERE = Path(__file__).resolve().parent.parent
_RUG = (2.6, 1.8)
_PICTURES = {"wide": (1.2, 0.8), "tall": (0.6, 0.8)}
_FRAMES = {
    "modern": "black_metal",
    "scandinavian": "scandinavian.wood",
    "industrial": "black_metal",
}
_PER_STYLE: dict[str, Callable[[str], Model]] = {
    "sofa": seating.sofa,
    "armchair": seating.armchair,
    "coffee_table": tables.coffee_table,
    "side_table": tables.side_table,
    "dining_table": tables.dining_table,
    "sideboard": tables.sideboard,
    "nightstand": tables.nightstand,
    "desk": tables.desk,
    "bench": seating.bench,
    "bed": sleeping.bed,
    "floor_lamp": lamps.floor_lamp,
    "table_lamp": lamps.table_lamp,
    "pendant": lamps.pendant,
    "plant": plants.plant,
}


def main() -> None:
    """Build every piece, then save the library and its measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=_HERE)
    arguments = parser.parse_args()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with tempfile.TemporaryDirectory() as scratch:
        pieces = _build_all(arguments.library, Path(scratch))
        measures = {piece.name: _measure(piece) for piece in pieces}
        bpy.data.libraries.write(
            str(arguments.output / "furniture.blend"), set(pieces), compress=True, fake_user=True
        )
    text = json.dumps(measures, indent=1, sort_keys=True)
    (arguments.output / "furniture.json").write_text(text + "\n")
    sys.stdout.write(f"{len(pieces)} pieces\n")


def _build_all(library: Path, scratch: Path) -> list[bpy.types.Object]:
    materials = {name: make_material(name, finish) for name, finish in FINISHES.items()}
    pieces = [converted.convert(library, name, scratch, materials) for name in converted.SOURCES]
    pieces.append(seating.dining_chair_modern().to_object("dining_chair_modern", materials))
    pieces.append(decor.mirror(0.36).to_object("mirror", materials))
    pieces.append(lamps.cord().to_object("cord", materials))
    for style in STYLES:
        for kind, make in _PER_STYLE.items():
            pieces.append(make(style).to_object(f"{kind}_{style}", materials))
        pieces.append(_rug(style, scratch, materials))
        pieces += _pictures(style, scratch, materials)
    return pieces


def _rug(style: str, scratch: Path, materials: dict[str, bpy.types.Material]) -> bpy.types.Object:
    image = _image(f"rug_{style}", textures.RUGS[style](np.random.default_rng(1)), scratch)
    name = f"rug_{style}.face"
    pile = {"modern": 0.5, "scandinavian": 0.9, "industrial": 0.25}[style]
    materials[name] = make_image_material(name, image, _RUG, upright=False, pile=pile)
    model = Model()
    model.add(decor.rug(*_RUG), name)
    return model.to_object(f"rug_{style}", materials)


def _pictures(
    style: str, scratch: Path, materials: dict[str, bpy.types.Material]
) -> list[bpy.types.Object]:
    made = []
    for number, draw in enumerate(textures.PICTURES[style], 1):
        for index, (shape, (width, height)) in enumerate(_PICTURES.items()):
            name = f"picture_{style}_{shape}_{number}"
            pixels = draw(np.random.default_rng(20 + index), round(720 * width / height), 720)
            image = _image(name, pixels, scratch)
            visible = (width - 0.15, height - 0.15)
            face = f"{name}.face"
            materials[face] = make_image_material(face, image, visible, upright=True, pile=0.0)
            model = decor.framed_picture(width, height, face, _FRAMES[style])
            made.append(model.to_object(name, materials))
    return made


def _image(name: str, pixels: textures.Image, scratch: Path) -> bpy.types.Image:
    """A packed JPEG; a lossless one would take ten times the room."""
    height, width = pixels.shape[:2]
    drawn = bpy.data.images.new(name, width, height)
    rgba = np.dstack([pixels[::-1], np.ones((height, width))]).astype(np.float32)
    drawn.pixels.foreach_set(rgba.reshape(-1))
    path = scratch / f"{name}.jpg"
    drawn.filepath_raw, drawn.file_format = str(path), "JPEG"
    drawn.save(quality=88)
    bpy.data.images.remove(drawn)
    packed = bpy.data.images.load(str(path))
    packed.pack()
    packed.filepath_raw = f"//{name}.jpg"
    return packed


def _measure(piece: bpy.types.Object) -> dict[str, float]:
    """The extent of the mesh in metres, and where its middle lies from its origin."""
    flat = np.zeros(len(piece.data.vertices) * 3)
    piece.data.vertices.foreach_get("co", flat)
    low, high = flat.reshape(-1, 3).min(axis=0), flat.reshape(-1, 3).max(axis=0)
    width, depth, height = (round(float(value), 3) for value in high - low)
    return {"width": width, "depth": depth, "height": height}


if __name__ == "__main__":
    main()
