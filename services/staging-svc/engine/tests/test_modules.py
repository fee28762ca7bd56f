"""Every Blender module that the engine may take makes the same picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from staging_engine.blender import BlenderEngine
from staging_engine.port import StagingRequest

pytestmark = pytest.mark.engine

ROOMS = Path(__file__).resolve().parents[4] / "examples" / "rooms"

# Levels of 255, of the worst colour channel, in blocks of 8 by 8 pixels: small enough to see a piece
# move by three pixels (mean 3.2, 99 of 100 blocks within 25), large enough to even out noise. Two
# seeds differ by 1.3 and 11, the two Blenders with one seed by 1.1 and 8, two styles by 8 and 79.
MEAN_DIFFERENCE = 2.0
LARGE_DIFFERENCE = 16.0
BLOCK = 8


async def test_all_modules_furnish_alike(
    module_pythons: Mapping[str, Path], tmp_path: Path
) -> None:
    with Image.open(ROOMS / "room_b_bedroom.jpg") as room:
        room.resize((640, 427), Image.Resampling.LANCZOS).save(tmp_path / "photo.jpg", quality=92)
    pictures = []
    for version, python in module_pythons.items():
        output = tmp_path / f"{version}.jpg"
        engine = BlenderEngine(python)
        try:
            await engine.stage(
                StagingRequest(
                    tmp_path / "photo.jpg", output, "bedroom", "scandinavian", "draft", seed=5
                ),
                progress=lambda *_: None,
            )
        finally:
            await engine.close()
        pictures.append(blocks(output))
    empty = blocks(tmp_path / "photo.jpg")
    first, *others = pictures
    assert np.abs(first - empty).mean() > MEAN_DIFFERENCE
    for other in others:
        difference = np.abs(first - other).max(axis=-1)
        assert difference.mean() < MEAN_DIFFERENCE
        assert np.percentile(difference, 99) < LARGE_DIFFERENCE


def blocks(path: Path) -> npt.NDArray[np.float64]:
    """The picture with each block of pixels evened out into one."""
    with Image.open(path) as picture:
        size = picture.width // BLOCK, picture.height // BLOCK
        return np.asarray(picture.resize(size, Image.Resampling.BOX), np.float64)
