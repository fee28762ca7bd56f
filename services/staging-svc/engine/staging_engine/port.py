"""The interface of a staging engine: a photo goes in, a furnished one comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
Quality = Literal["draft", "standard", "high"]
Step = Literal["finding_room", "planning", "rendering", "compositing"]
RefusalCode = Literal[
    "cannot_place",
    "not_a_room",
    "already_furnished",
    "room_not_found",
    "photo_too_small",
    "unsupported_room_type",
    "unsupported_style",
]
FailureCode = Literal["engine_crashed", "engine_timed_out", "engine_out_of_memory"]

# A photo's sides, in pixels: a shorter one is refused, a longer one makes the photo smaller.
MIN_SIDE = 400
MAX_SIDE = 4096

# The height of a room, in metres, that a person may tell.
MIN_CEILING_M, MAX_CEILING_M = 2.0, 6.0

Progress = Callable[[float, str], None]
# In shares of the width and of the height of the upright photo, from its upper left corner.
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class LayoutHint:
    """Where a person sees the room in the photo."""

    floor_corners: tuple[Point, Point, Point, Point]
    """Near left, far left, far right, near right. The near ones may lie outside the photo, from -1 to 2."""
    door_height: tuple[Point, Point] | None = None
    """Foot and head of a door, which is taken to be 2.03 m high."""


@dataclass(frozen=True, slots=True)
class StagingRequest:
    """One photo to furnish."""

    photo: Path
    """A cleaned, upright RGB JPEG or PNG of at most 50 million pixels."""
    output: Path
    """Where the JPEG is written: as large as the photo, its long side at most MAX_SIDE."""
    room_type: str
    style: str
    quality: Quality = "standard"
    seed: int = 0
    label: bool = True
    """Whether "Virtually staged" is written into a corner."""
    other_output: Path | None = None
    """Where the same picture is written as well, without the label if `label` is true, else with it."""
    layout: LayoutHint | None = None
    ceiling_height_m: float | None = None
    focal_35mm: float | None = None
    """What the photo was taken with, as on a 36 x 24 mm frame by its diagonal, if that is known."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What would make a better photo; `code` is stable, `message` is for the customer."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at to decide whether the photo can be staged; `code` is stable, `message` says
    to the customer what was seen, whether it passed or not."""

    code: str
    passed: bool
    message: str


@dataclass(frozen=True, slots=True)
class StagingResult:
    """What was written and how it came about."""

    width: int
    height: int
    record: dict[str, JsonValue]
    """Engine and version, seed, camera, room, items, light, seconds of each step."""
    confidence: float
    """How likely it is, from 0 to 1, that the picture can be published as it is."""
    checks: tuple[Check, ...] = ()
    hints: tuple[Hint, ...] = ()


class EngineError(Exception):
    """The photo was not staged; message, checks and hints may be shown to the customer."""

    checks: tuple[Check, ...] = ()
    hints: tuple[Hint, ...] = ()

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class StagingRefusedError(EngineError):
    """This photo or these choices cannot be staged; trying again changes nothing."""

    def __init__(
        self,
        code: RefusalCode,
        message: str,
        *,
        checks: tuple[Check, ...] = (),
        hints: tuple[Hint, ...] = (),
    ) -> None:
        super().__init__(code, message)
        self.checks = checks
        self.hints = hints


class EngineFailedError(EngineError):
    """The engine itself failed; the same request may succeed another time."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(code, message)


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """Something to choose: the key is sent, the name is shown."""

    key: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """What an engine can do."""

    room_types: tuple[CatalogEntry, ...]
    styles: tuple[CatalogEntry, ...]
    qualities: tuple[CatalogEntry, ...]


class StagingEngine(Protocol):
    """Furnishes photos of empty rooms. One job at a time; same request and seed, same image."""

    def catalog(self) -> Catalog:
        """The room types, styles and qualities on offer."""
        ...

    async def stage(self, request: StagingRequest, *, progress: Progress) -> StagingResult:
        """Furnish one photo; raises StagingRefusedError or EngineFailedError.

        `progress` is called in the caller's event loop with a share from 0 to 1 and a step.
        """
        ...

    async def close(self) -> None:
        """Free whatever the engine holds; it may be used again afterwards."""
        ...
