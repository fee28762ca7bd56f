"""Runs the child process that cleans a photo, and tells bad photos from failures on our side."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from staging_engine.port import MAX_SIDE, MIN_SIDE, Hint
from staging_svc.photos.sizes import Smaller, smaller_forms

__all__ = ["Smaller"]

logger = logging.getLogger(__name__)

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for photos, and for the time and memory that opening one may take.

    The derivative has to fit between `min_side` and `max_side`, so no photo may be longer than that
    for its width.
    """

    max_pixels: int = 50_000_000
    # Those of the engine, so that it refuses none for its size, and before and after are as large.
    min_side: int = MIN_SIDE
    max_side: int = MAX_SIDE
    memory_bytes: int = 1024 * MIB
    cpu_seconds: int = 20
    wall_seconds: float = 40.0
    output_bytes: int = 64 * MIB

    @property
    def longest_ratio(self) -> float:
        """How many times as long as the short side the long one may be."""
        return self.max_side / self.min_side


LIMITS = Limits()

MEGAPIXEL = 1_000_000

MESSAGES = {
    "photo_not_an_image": "The file is not a JPEG, PNG, WebP, HEIC or AVIF photo.",
    "photo_truncated": "The file is damaged: a part of the picture is missing.",
    "photo_damaged": "The file is damaged: its picture cannot be read.",
    "photo_too_large": (
        "The photo has {width} x {height} pixels, which is {megapixels:.0f} megapixels; at most"
        f" {LIMITS.max_pixels // MEGAPIXEL} megapixels are possible."
    ),
    "photo_too_small": (
        "The photo has {width} x {height} pixels; each side needs at least"
        f" {LIMITS.min_side} pixels."
    ),
    "photo_too_narrow": (
        "The photo has {width} x {height} pixels: its long side is {ratio:.1f} times as long as the"
        f" short one, and at most {LIMITS.longest_ratio:.0f} times is possible."
    ),
    "photo_undecodable": "The photo takes too much time or memory to open.",
    "photo_crashed": "The photo could not be opened: the program that reads it crashed.",
    "photo_missing": "The uploaded file is no longer there.",
}
FIRST_PICTURE_ONLY = Hint(
    "first_picture_only", "The file is an animation: only its first picture was used."
)
# What a decoder dies of by itself.
CRASHES = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP}
)


class PhotoRefusedError(Exception):
    """The photo cannot be used. `code` is stable, `message` is for the customer."""

    def __init__(self, code: str, *, width: int = 0, height: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.message = MESSAGES[code].format(
            width=width,
            height=height,
            megapixels=width * height / MEGAPIXEL,
            ratio=max(width, height) / max(1, min(width, height)),
        )


class CleaningInterruptedError(Exception):
    """The child was killed or got no processor time, which says nothing about the photo."""


@dataclass(frozen=True, slots=True)
class CleanedPhoto:
    """What the file truly is, its size as it was uploaded, but upright, that of its cleaned
    derivative, and the derivative's placeholder and smaller forms. `focal_35mm` is what it was taken
    with, if that is sure."""

    content_type: str
    source_width: int
    source_height: int
    width: int
    height: int
    placeholder: str
    smaller: tuple[Smaller, ...]
    focal_35mm: float | None = None
    hints: tuple[Hint, ...] = ()


async def clean_photo(source: Path, target: Path, *, limits: Limits = LIMITS) -> CleanedPhoto:
    """Write the cleaned JPEG of `source` to `target`, and its smaller forms beside it; PhotoRefusedError
    if it cannot be used.

    The file's content decides what it is. CleaningInterruptedError if the failure is on our side.
    """
    arguments = {**asdict(limits), "source": str(source), "target": str(target)}
    answer = await _run_child(arguments, limits.wall_seconds)
    if "code" in answer:
        if "error" in answer:
            logger.error("photo.crashed", extra={"reason": answer["error"], "at": answer["at"]})
        raise PhotoRefusedError(answer["code"], **answer["values"])
    is_animated = answer.pop("is_animated")
    return CleanedPhoto(
        **answer,
        # The child wrote them; where they are does not depend on what it says.
        smaller=smaller_forms(target, answer["width"], answer["height"]),
        hints=(FIRST_PICTURE_ONLY,) if is_animated else (),
    )


async def make_smaller(photo: Path, width: int, height: int) -> tuple[tuple[Smaller, ...], str]:
    """Write the smaller forms of a JPEG that we have encoded ourselves, and that is so large; returns
    them and the placeholder."""
    forms = smaller_forms(photo, width, height)
    return forms, await asyncio.to_thread(_make_all, photo, forms)


def _make_all(photo: Path, forms: tuple[Smaller, ...]) -> str:
    # Inside, because only the staging process needs Pillow.
    from staging_svc.photos import smaller

    return smaller.make_all(photo, forms)


async def _run_child(arguments: dict[str, Any], wall_seconds: float) -> dict[str, Any]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "staging_svc.photos.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Nothing of our environment: it holds secrets.
        env={"LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(wall_seconds):
            output, _ = await child.communicate(json.dumps(arguments).encode() + b"\n")
    except TimeoutError as error:
        # CPU time limits the work itself: a child that takes longer than this waits for the machine.
        raise CleaningInterruptedError from error
    finally:
        await asyncio.shield(_end(child))
    if child.returncode:
        logger.error("photo.child_failed", extra={"returncode": child.returncode})
        raise _verdict(-child.returncode)
    answer: dict[str, Any] = json.loads(output)
    return answer


def _verdict(number: int) -> Exception:
    """What it means that the child ended by the signal of this number, or without one."""
    if number == signal.SIGXCPU:
        return PhotoRefusedError("photo_undecodable")
    if number in CRASHES:
        return PhotoRefusedError("photo_crashed")
    # SIGKILL: the machine ran out of memory, or somebody killed it, for none of its limits has this
    # effect. Without a signal, it could not even start.
    return CleaningInterruptedError()


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            # Its session: whatever a decoder may have started ends with it.
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
