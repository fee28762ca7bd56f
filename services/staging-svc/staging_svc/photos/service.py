"""Runs the child process that cleans a photo, and tells bad photos from failures on our side."""

import asyncio
import contextlib
import json
import logging
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for photos, and for the time and memory that opening one may take."""

    max_pixels: int = 50_000_000
    min_side: int = 512
    # The engine's results are at most this wide, so before and after have the same size.
    max_side: int = 4096
    memory_bytes: int = 1024 * MIB
    cpu_seconds: int = 20
    wall_seconds: float = 40.0
    output_bytes: int = 64 * MIB


LIMITS = Limits()

MESSAGES = {
    "photo_not_an_image": "The file is not a JPEG, PNG or WebP photo.",
    "photo_type_mismatch": "The file is not of the type that was declared.",
    "photo_truncated": "The file is damaged or incomplete.",
    "photo_too_large": f"The photo has more than {LIMITS.max_pixels // 1_000_000} million pixels.",
    "photo_too_small": f"One side of the photo is shorter than {LIMITS.min_side} pixels.",
    "photo_animated": "The file is an animation, not a photo.",
    "photo_undecodable": "The photo takes too much time or memory to open.",
    "photo_missing": "The uploaded file is no longer there.",
}


class PhotoRefusedError(Exception):
    """The photo cannot be used. `code` is stable, `message` is for the customer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = MESSAGES[code]


class CleaningInterruptedError(Exception):
    """The child was killed or got no processor time, which says nothing about the photo."""


@dataclass(frozen=True, slots=True)
class CleanedPhoto:
    """The size of the photo as it was uploaded, but upright, and the size of its cleaned derivative."""

    source_width: int
    source_height: int
    width: int
    height: int


async def clean_photo(
    source: Path, target: Path, *, declared_type: str, limits: Limits = LIMITS
) -> CleanedPhoto:
    """Write the cleaned JPEG of `source` to `target`; PhotoRefusedError if it cannot be used.

    CleaningInterruptedError if the failure is on our side.
    """
    arguments = {
        **asdict(limits),
        "source": str(source),
        "target": str(target),
        "declared_type": declared_type,
    }
    answer = await _run_child(arguments, limits.wall_seconds)
    if "code" in answer:
        raise PhotoRefusedError(answer["code"])
    return CleanedPhoto(**answer)


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
    if child.returncode != 0:
        logger.warning("photo.child_failed", extra={"returncode": child.returncode})
    if child.returncode == -signal.SIGKILL:
        # None of its limits has this effect: the machine ran out of memory, or somebody killed it.
        raise CleaningInterruptedError
    if child.returncode != 0:
        # It exceeded a limit, or a decoder crashed: in both cases because of this photo.
        raise PhotoRefusedError("photo_undecodable")
    answer: dict[str, Any] = json.loads(output)
    return answer


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
