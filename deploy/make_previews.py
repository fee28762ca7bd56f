"""`make previews`: stage the rooms of `examples/rooms` for the pictures of the catalog.

Each room type and each style gets one small picture, furnished by the real engine without the label. They are
committed, because rendering them takes minutes: run this after the furniture, the styles or the room
types have changed, and look at what it made.
"""

import asyncio
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from stagify_local.engine import shared_target
from staging_engine.blender import BlenderEngine
from staging_engine.install import choose, install
from staging_engine.port import StagingRequest
from staging_svc.catalog.previews import FOLDER, MAX_BYTES

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ROOT / "examples" / "rooms"
# The engine works on the first, the picture has the second; both have the rooms' proportions.
RENDERED = (640, 427)
SHOWN = (480, 320)
QUALITIES = range(84, 30, -4)


@dataclass(frozen=True)
class Scene:
    """How one entry of the catalog is shown."""

    room: str
    room_type: str
    style: str


SCENES = {
    "room_type-living_room": Scene("room_c_loft", "living_room", "industrial"),
    "room_type-bedroom": Scene("room_b_bedroom", "bedroom", "modern"),
    "room_type-dining_room": Scene("room_c_loft", "dining_room", "scandinavian"),
    # One room in every style, so that the style is all that differs.
    "style-modern": Scene("room_a_living", "living_room", "modern"),
    "style-scandinavian": Scene("room_a_living", "living_room", "scandinavian"),
    "style-industrial": Scene("room_a_living", "living_room", "industrial"),
}


async def main() -> None:
    """Make every picture anew."""
    choice = choose()
    python = install(shared_target(choice.module), say, choice)
    engine = BlenderEngine(python)
    try:
        with tempfile.TemporaryDirectory(prefix="previews-") as folder:
            for name, scene in SCENES.items():
                picture = await stage(engine, scene, Path(folder))
                target = FOLDER / f"{name}.webp"
                target.write_bytes(encoded(picture))
                say(f"{target.relative_to(ROOT)}: {target.stat().st_size} bytes")
    finally:
        await engine.close()


async def stage(engine: BlenderEngine, scene: Scene, folder: Path) -> Image.Image:
    """The furnished room."""
    photo, output = folder / "photo.png", folder / "staged.jpg"
    with Image.open(ROOMS / f"{scene.room}.jpg") as room:
        room.convert("RGB").resize(RENDERED, Image.Resampling.LANCZOS).save(photo)
    request = StagingRequest(
        photo, output, scene.room_type, scene.style, quality="high", seed=1, label=False
    )
    await engine.stage(request, progress=lambda share, step: None)
    with Image.open(output) as staged:
        return staged.resize(SHOWN, Image.Resampling.LANCZOS)


def encoded(picture: Image.Image) -> bytes:
    """The picture as the best WebP that is small enough."""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= MAX_BYTES:
            return buffer.getvalue()
    raise ValueError(f"no quality makes the picture smaller than {MAX_BYTES} bytes")


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
