"""Whole jobs with the real Blender, small and coarse."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from staging_engine.blender import BlenderEngine
from staging_engine.port import EngineFailedError, StagingRefusedError, StagingRequest

pytestmark = pytest.mark.engine

ROOMS = Path(__file__).resolve().parents[4] / "examples" / "rooms"


@pytest.fixture
async def engine(engine_python: Path) -> AsyncIterator[BlenderEngine]:
    made = BlenderEngine(engine_python)
    yield made
    await made.close()


@pytest.fixture
def request_(tmp_path: Path) -> StagingRequest:
    """A bedroom of 640 pixels, with EXIF that must not survive."""
    with Image.open(ROOMS / "room_b_bedroom.jpg") as room:
        small = room.resize((640, 427), Image.Resampling.LANCZOS)
    exif = Image.Exif()
    exif[0x010E] = "a private remark"
    photo = tmp_path / "photo.jpg"
    small.save(photo, quality=92, exif=exif)
    return StagingRequest(
        photo, tmp_path / "staged.jpg", "bedroom", "scandinavian", "draft", seed=5
    )


async def test_same_request_and_seed_make_the_same_file(
    engine: BlenderEngine, request_: StagingRequest
) -> None:
    steps: list[tuple[float, str]] = []
    result = await engine.stage(request_, progress=lambda share, step: steps.append((share, step)))
    first, pid = request_.output.read_bytes(), engine.child_pid
    other = request_.output.with_name("other.jpg")
    await engine.stage(replace(request_, other_output=other), progress=lambda *_: None)
    assert hashlib.sha256(request_.output.read_bytes()).digest() == hashlib.sha256(first).digest()
    _check_other_form(request_.output, other)
    assert engine.child_pid == pid
    assert [share for share, _ in steps] == sorted(share for share, _ in steps)
    assert steps[-1] == (1.0, "compositing")
    _check_picture(request_, (result.width, result.height))
    _check_record(result.record)


def _check_picture(request: StagingRequest, size: tuple[int, int]) -> None:
    with Image.open(request.photo) as before, Image.open(request.output) as after:
        assert after.size == before.size == size
        assert not after.getexif()
        difference = np.abs(np.asarray(before, int) - np.asarray(after, int)).max(axis=-1)
    height, width = difference.shape
    # The bed stands in the middle; the ceiling has not changed.
    assert (
        difference[height // 2 : 9 * height // 10, width // 3 : 4 * width // 5] > 25
    ).mean() > 0.4
    assert (difference[: height // 10] > 25).mean() < 0.01


def _check_other_form(labelled: Path, plain: Path) -> None:
    with Image.open(labelled) as first, Image.open(plain) as second:
        difference = np.abs(np.asarray(first, int) - np.asarray(second, int)).max(axis=-1) > 8
    height, width = difference.shape
    corner = difference[height * 9 // 10 :, width * 7 // 10 :]
    assert corner.sum() > 200
    # The rest differs nowhere: both are of the same pixels.
    assert difference.sum() == corner.sum()


def _check_record(record: object) -> None:
    assert isinstance(record, dict)
    assert record["engine"] == "blender"
    assert record["seed"] == 5
    assert {item["name"] for item in record["items"]} >= {"bed", "nightstand", "rug"}
    seconds = record["seconds"]
    parts = {"building", "colours", "shadows"}
    assert set(seconds) == {"finding_room", "planning", "rendering", "compositing"} | parts
    assert sum(seconds[part] for part in parts) <= seconds["rendering"]


async def test_refusal_starts_no_child(engine: BlenderEngine, request_: StagingRequest) -> None:
    cv2.imwrite(str(request_.photo), np.full((500, 700, 3), 180, np.uint8))
    with pytest.raises(StagingRefusedError):
        await engine.stage(request_, progress=lambda *_: None)
    assert engine.child_pid is None
    assert not request_.output.exists()


async def test_time_limit_fails_the_job_cleanly(
    engine_python: Path, request_: StagingRequest
) -> None:
    engine = BlenderEngine(engine_python, timeout_seconds=0.01)
    with pytest.raises(EngineFailedError) as failed:
        await engine.stage(request_, progress=lambda *_: None)
    assert failed.value.code == "engine_timed_out"
    assert engine.child_pid is None
    assert not request_.output.exists()
