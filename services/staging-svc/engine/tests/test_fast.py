"""The engine for tests behaves as the port promises."""

import asyncio
import os
import signal
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PIL import Image

from staging_engine.fast import FastEngine, drawing_child
from staging_engine.port import (
    EngineFailedError,
    StagingEngine,
    StagingRefusedError,
    StagingRequest,
)


@pytest.fixture
def request_(tmp_path: Path) -> StagingRequest:
    photo = tmp_path / "in.jpg"
    exif = Image.Exif()
    exif[0x010E] = "a private remark"
    Image.new("RGB", (900, 600), "#dddddd").save(photo, exif=exif)
    return StagingRequest(photo, tmp_path / "out.jpg", "living_room", "modern", seed=3)


async def test_it_draws_and_reports(request_: StagingRequest) -> None:
    engine: StagingEngine = FastEngine()
    steps: list[tuple[float, str]] = []
    result = await engine.stage(request_, progress=lambda share, step: steps.append((share, step)))
    assert (result.width, result.height) == (900, 600)
    assert [step for _, step in steps][:4] == [
        "finding_room",
        "planning",
        "rendering",
        "compositing",
    ]
    assert steps[-1][0] == 1.0
    with Image.open(request_.output) as staged:
        assert staged.format == "JPEG"
        assert not staged.getexif()


async def test_same_seed_same_bytes(request_: StagingRequest) -> None:
    engine = FastEngine()
    await engine.stage(request_, progress=lambda *_: None)
    first = request_.output.read_bytes()
    await engine.stage(request_, progress=lambda *_: None)
    assert request_.output.read_bytes() == first


async def test_child_draws_the_same(request_: StagingRequest) -> None:
    await FastEngine().stage(request_, progress=lambda *_: None)
    here = request_.output.read_bytes()
    request_.output.unlink()
    engine = FastEngine(child=drawing_child())
    result = await engine.stage(request_, progress=lambda *_: None)
    await engine.close()
    assert (result.width, result.height) == (900, 600)
    assert request_.output.read_bytes() == here


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("in_child", [True, False])
async def test_it_writes_the_other_form_too(
    request_: StagingRequest, label: bool, in_child: bool
) -> None:
    engine = FastEngine(child=drawing_child() if in_child else None)
    other = request_.output.with_name("other.jpg")
    await engine.stage(replace(request_, label=label, other_output=other), progress=lambda *_: None)
    chosen = request_.output.read_bytes()
    await engine.stage(replace(request_, label=not label), progress=lambda *_: None)
    await engine.close()
    assert request_.output.read_bytes() == other.read_bytes() != chosen


async def test_child_refuses_small_photos(request_: StagingRequest) -> None:
    Image.new("RGB", (300, 300)).save(request_.photo)
    engine = FastEngine(child=drawing_child())
    with pytest.raises(StagingRefusedError) as refused:
        await engine.stage(request_, progress=lambda *_: None)
    await engine.close()
    assert refused.value.code == "photo_too_small"


async def test_killed_child_fails_one_job(request_: StagingRequest) -> None:
    child = drawing_child()
    engine = FastEngine(child=child)
    await engine.stage(request_, progress=lambda *_: None)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    # Asked at once: if its death were noticed before the job, another child would do it.
    paths = {"photo": str(request_.photo), "output": str(request_.output)}
    with pytest.raises(EngineFailedError):
        await child.request(asdict(request_) | paths, lambda share: None)
    await engine.stage(request_, progress=lambda *_: None)
    await engine.close()


async def test_it_refuses_what_the_real_one_refuses(request_: StagingRequest) -> None:
    unknown = StagingRequest(request_.photo, request_.output, "garage", "modern")
    with pytest.raises(StagingRefusedError):
        await FastEngine().stage(unknown, progress=lambda *_: None)


async def test_it_fails_as_told(request_: StagingRequest) -> None:
    with pytest.raises(StagingRefusedError):
        await FastEngine("refuse").stage(request_, progress=lambda *_: None)
    with pytest.raises(EngineFailedError):
        await FastEngine("crash").stage(request_, progress=lambda *_: None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await FastEngine("hang").stage(request_, progress=lambda *_: None)
