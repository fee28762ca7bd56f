"""An engine for tests: no computer vision and no Blender, but the same port and refusals."""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageDraw, ImageFont

from staging_engine import VERSION
from staging_engine.child import ChildLimits, RenderChild
from staging_engine.choices import CATALOG, check_choices
from staging_engine.port import (
    MAX_SIDE,
    MIN_SIDE,
    Catalog,
    EngineFailedError,
    JsonValue,
    Progress,
    StagingRefusedError,
    StagingRequest,
    StagingResult,
)

Behaviour = Literal["stage", "refuse", "crash", "hang"]

_BOXES = 3
_COLOURS = {"modern": "#8f9193", "scandinavian": "#c09a6b", "industrial": "#6b3d22"}
# The members of a request that are paths, and text on the way to the child.
PATHS = ("photo", "output", "other_output")
_STEPS = ((0.0, "finding_room"), (0.05, "planning"), (0.1, "rendering"), (0.95, "compositing"))


class FastEngine:
    """Draws boxes where furniture would be, in milliseconds and always alike.

    `behaviour` makes every job succeed, be refused, crash, or hang until it is cancelled. With a
    `child` it draws there, so that a process can lose its engine as it can lose the real one.
    """

    def __init__(self, behaviour: Behaviour = "stage", *, child: RenderChild | None = None) -> None:
        self._behaviour = behaviour
        self._child = child

    def catalog(self) -> Catalog:
        """The same as the real engine's."""
        return CATALOG

    async def stage(self, request: StagingRequest, *, progress: Progress) -> StagingResult:
        """Draw boxes and the label on the photo; see the port."""
        check_choices(request)
        for share, step in _STEPS:
            progress(share, step)
            await asyncio.sleep(0)
        match self._behaviour:
            case "refuse":
                raise StagingRefusedError("cannot_place", "There is no room for the furniture.")
            case "crash":
                raise EngineFailedError("engine_crashed", "The renderer stopped unexpectedly.")
            case "hang":
                await asyncio.Event().wait()
        if self._child is None:
            width, height, items = await asyncio.to_thread(draw, request)
        else:
            width, height, items = await _draw_in(self._child, request)
        progress(1.0, "compositing")
        record: dict[str, JsonValue] = {
            "engine": "fast",
            "version": VERSION,
            "room_type": request.room_type,
            "style": request.style,
            "quality": request.quality,
            "seed": request.seed,
            "items": items,
        }
        return StagingResult(width, height, record)

    async def close(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            await self._child.close()


def drawing_child() -> RenderChild:
    """A child that draws; it lives, dies and is replaced as Blender's does."""
    return RenderChild(Path(sys.executable), Path(__file__).with_name("fast_child"), ChildLimits())


async def _draw_in(child: RenderChild, request: StagingRequest) -> tuple[int, int, list[JsonValue]]:
    message = asdict(request)
    for name in PATHS:
        message[name] = message[name] and str(message[name])
    answer: dict[str, Any] = await child.request(message, lambda share: None)
    if "code" in answer:
        raise StagingRefusedError(answer["code"], answer["message"])
    return answer["width"], answer["height"], answer["items"]


def draw(request: StagingRequest) -> tuple[int, int, list[JsonValue]]:
    """Write the picture; its size and what was drawn."""
    with Image.open(request.photo) as opened:
        picture = opened.convert("RGB")
    if min(picture.size) < MIN_SIDE:
        raise StagingRefusedError("photo_too_small", f"Each side needs at least {MIN_SIDE} pixels.")
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    items = _boxes(picture, request)
    _save(picture, request.output, label=request.label)
    if request.other_output is not None:
        _save(picture, request.other_output, label=not request.label)
    return picture.width, picture.height, items


def _save(picture: Image.Image, path: Path, *, label: bool) -> None:
    # A new image: the one read carries the metadata of its file.
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    if label:
        font = ImageFont.load_default(max(12, clean.width // 60))
        place = (clean.width * 0.98, clean.height * 0.97)
        ImageDraw.Draw(clean).text(place, "Virtually staged", "white", font, anchor="rs")
    clean.save(path, "JPEG", quality=90)


def _boxes(picture: Image.Image, request: StagingRequest) -> list[JsonValue]:
    draw, chosen = ImageDraw.Draw(picture), random.Random(f"{request.room_type} {request.seed}")
    items: list[JsonValue] = []
    for index in range(_BOXES):
        left = picture.width * (0.1 + 0.28 * index + 0.05 * chosen.random())
        top = picture.height * (0.55 + 0.1 * chosen.random())
        box = (left, top, left + picture.width * 0.22, top + picture.height * 0.2)
        draw.rectangle(box, _COLOURS[request.style], "white", 3)
        items.append(
            {"name": f"box_{index + 1}", "asset": "box", "left": round(left), "top": round(top)}
        )
    return items
