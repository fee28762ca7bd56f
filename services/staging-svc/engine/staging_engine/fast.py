"""An engine for tests: no computer vision and no Blender, but the same port and refusals."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageDraw, ImageFont, ImageStat

from staging_engine import VERSION
from staging_engine.child import ChildLimits, RenderChild
from staging_engine.choices import CATALOG, check_choices
from staging_engine.port import (
    MAX_SIDE,
    MIN_SIDE,
    Catalog,
    Check,
    EngineFailedError,
    JsonValue,
    LayoutHint,
    Point,
    Progress,
    StagingRefusedError,
    StagingRequest,
    StagingResult,
)

Behaviour = Literal["stage", "refuse", "crash", "hang"]

_BOXES = 3
_COLOURS = {"modern": "#8f9193", "scandinavian": "#c09a6b", "industrial": "#6b3d22"}
# The members of a request that are paths, and text on the way to the child.
_PATHS = ("photo", "output", "other_output")
_STEPS = ((0.0, "finding_room"), (0.05, "planning"), (0.1, "rendering"), (0.95, "compositing"))
# Standard deviations of the brightness, in 255ths: a photo with less shows nothing, one with more is
# as clear as any.
_BLANK, _CLEAR = 1.0, 16.0
_BY_HAND = 0.8
# Where boxes stand if nobody says where the floor is.
_FLOOR: tuple[Point, Point, Point, Point] = ((0.1, 0.9), (0.1, 0.55), (0.9, 0.55), (0.9, 0.9))


class FastEngine:
    """Draws boxes where furniture would be, in milliseconds and always alike.

    The less contrast a photo has, the less confident it is, and one of a single colour shows it no
    room; a person who marks the floor helps it out.

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
            result = await asyncio.to_thread(draw, request)
        else:
            result = await _draw_in(self._child, request)
        progress(1.0, "compositing")
        return result

    async def close(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            await self._child.close()


def drawing_child() -> RenderChild:
    """A child that draws; it lives, dies and is replaced as Blender's does."""
    return RenderChild(Path(sys.executable), Path(__file__).with_name("fast_child"), ChildLimits())


async def _draw_in(child: RenderChild, request: StagingRequest) -> StagingResult:
    answer: dict[str, Any] = await child.request(to_message(request), lambda share: None)
    checks = tuple(Check(**each) for each in answer.pop("checks"))
    if "code" in answer:
        raise StagingRefusedError(answer["code"], answer["message"], checks=checks)
    del answer["event"]
    return StagingResult(**answer | {"checks": checks, "hints": ()})


def to_message(request: StagingRequest) -> dict[str, JsonValue]:
    """The request as the child is sent it."""
    message = asdict(request)
    for name in _PATHS:
        message[name] = message[name] and str(message[name])
    return message


def from_message(message: Mapping[str, Any]) -> StagingRequest:
    """The request that the child was sent; what was a tuple comes as a list."""
    paths = {name: message[name] and Path(message[name]) for name in _PATHS}
    layout = message["layout"]
    return StagingRequest(
        **{**message, **paths, "layout": layout and _layout(**layout)},
    )


def _layout(floor_corners: list[list[float]], door_height: list[list[float]] | None) -> LayoutHint:
    near_left, far_left, far_right, near_right = (_point(each) for each in floor_corners)
    hint = LayoutHint((near_left, far_left, far_right, near_right))
    if door_height is None:
        return hint
    foot, head = door_height
    return replace(hint, door_height=(_point(foot), _point(head)))


def _point(numbers: list[float]) -> Point:
    x, y = numbers
    return x, y


def draw(request: StagingRequest) -> StagingResult:
    """Write the picture, and say what was drawn and how clear the photo was."""
    with Image.open(request.photo) as opened:
        picture = opened.convert("RGB")
    if min(picture.size) < MIN_SIDE:
        raise StagingRefusedError("photo_too_small", f"Each side needs at least {MIN_SIDE} pixels.")
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    confidence, checks = _look(picture, request.layout)
    items = _boxes(picture, request)
    _save(picture, request.output, label=request.label)
    if request.other_output is not None:
        _save(picture, request.other_output, label=not request.label)
    record: dict[str, JsonValue] = {
        "engine": "fast",
        "version": VERSION,
        "room_type": request.room_type,
        "style": request.style,
        "quality": request.quality,
        "seed": request.seed,
        "items": items,
    }
    return StagingResult(picture.width, picture.height, record, confidence, checks)


def _look(picture: Image.Image, layout: LayoutHint | None) -> tuple[float, tuple[Check, ...]]:
    """How sure the engine is of the photo, and why; refused if it shows nothing."""
    contrast = ImageStat.Stat(picture.convert("L")).stddev[0]
    is_clear = contrast >= _CLEAR
    message = (
        "Floor and walls stand out from each other."
        if is_clear
        else "Floor and walls hardly stand out from each other."
    )
    checks = (Check("room_shape", is_clear, message),)
    if layout is not None:
        return _BY_HAND, (Check("marked_floor", True, "The marked corners fit."), *checks)
    if contrast < _BLANK:
        raise StagingRefusedError(
            "room_not_found", "No room with floor and walls was recognised.", checks=checks
        )
    return round(min(1.0, contrast / _CLEAR), 2), checks


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
    corners = _FLOOR if request.layout is None else request.layout.floor_corners
    items: list[JsonValue] = []
    for index in range(_BOXES):
        along = 0.25 * (index + 1) + 0.05 * (chosen.random() - 0.5)
        x, y = _on_floor(corners, along, 0.3 + 0.3 * chosen.random())
        half, height = picture.width * 0.08, picture.height * 0.16
        foot = (picture.width * x, picture.height * y)
        box = (foot[0] - half, foot[1] - height, foot[0] + half, foot[1])
        draw.rectangle(box, _COLOURS[request.style], "white", 3)
        items.append(
            {
                "name": f"box_{index + 1}",
                "asset": "box",
                "left": round(box[0]),
                "top": round(box[1]),
            }
        )
    return items


def _on_floor(corners: tuple[Point, Point, Point, Point], along: float, ahead: float) -> Point:
    """The point this share of the way from left to right, and from near to far."""
    near_left, far_left, far_right, near_right = corners

    def between(one: Point, other: Point, share: float) -> Point:
        return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share

    return between(
        between(near_left, near_right, along), between(far_left, far_right, along), ahead
    )
