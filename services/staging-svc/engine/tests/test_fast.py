"""The engine for tests behaves as the port promises."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from staging_engine.fast import FastEngine, drawing_child, to_message
from staging_engine.port import (
    EngineFailedError,
    LayoutHint,
    StagingEngine,
    StagingRefusedError,
    StagingRequest,
    StagingResult,
)

LAYOUT = LayoutHint(
    ((0.05, 1.2), (0.3, 0.6), (0.7, 0.6), (0.95, 1.2)), door_height=((0.9, 0.7), (0.9, 0.3))
)


def room(floor: str = "#8b6542") -> Image.Image:
    """A wall and a floor."""
    picture = Image.new("RGB", (900, 600), "#dddddd")
    picture.paste(floor, (0, 400, 900, 600))
    return picture


@pytest.fixture
def request_(tmp_path: Path) -> StagingRequest:
    photo = tmp_path / "in.jpg"
    exif = Image.Exif()
    exif[0x010E] = "a private remark"
    room().save(photo, exif=exif)
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


@pytest.mark.parametrize("in_child", [True, False])
class TestConfidence:
    async def test_clear_photo_has_all_of_it(
        self, request_: StagingRequest, in_child: bool
    ) -> None:
        result = await staged(request_, in_child)
        assert result.confidence == 1.0
        assert [(check.code, check.passed) for check in result.checks] == [("room_shape", True)]

    async def test_pale_photo_has_less(self, request_: StagingRequest, in_child: bool) -> None:
        room("#cccccc").save(request_.photo)
        result = await staged(request_, in_child)
        assert 0.1 < result.confidence < 0.9
        [check] = result.checks
        assert not check.passed
        assert "hardly" in check.message

    async def test_photo_of_one_colour_is_refused_with_what_was_seen(
        self, request_: StagingRequest, in_child: bool
    ) -> None:
        room("#dddddd").save(request_.photo)
        with pytest.raises(StagingRefusedError) as refused:
            await staged(request_, in_child)
        assert refused.value.code == "room_not_found"
        assert [check.passed for check in refused.value.checks] == [False]

    async def test_person_helps_out(self, request_: StagingRequest, in_child: bool) -> None:
        room("#dddddd").save(request_.photo)
        result = await staged(replace(request_, layout=LAYOUT, ceiling_height_m=2.5), in_child)
        assert result.confidence > 0.5
        assert [check.code for check in result.checks] == ["marked_floor", "room_shape"]

    async def test_furniture_stands_where_the_floor_was_marked(
        self, request_: StagingRequest, in_child: bool
    ) -> None:
        await staged(replace(request_, layout=LAYOUT), in_child)
        with Image.open(request_.output) as picture:
            left = picture.crop((0, 400, 180, 600)).convert("RGB")
            middle = picture.crop((300, 400, 600, 600)).convert("RGB")
        assert len(left.getcolors(1 << 20) or ()) < len(middle.getcolors(1 << 20) or ())


async def staged(request: StagingRequest, in_child: bool) -> StagingResult:
    engine = FastEngine(child=drawing_child() if in_child else None)
    try:
        return await engine.stage(request, progress=lambda *_: None)
    finally:
        await engine.close()


async def test_killed_child_fails_one_job(request_: StagingRequest) -> None:
    child = drawing_child()
    engine = FastEngine(child=child)
    await engine.stage(request_, progress=lambda *_: None)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    # Asked at once: if its death were noticed before the job, another child would do it.
    with pytest.raises(EngineFailedError):
        await child.request(to_message(request_), lambda share: None)
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
