"""The real engine: computer vision in a thread, rendering in the Blender child."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from staging_engine.child import ChildLimits, RenderChild
from staging_engine.choices import CATALOG, check_choices
from staging_engine.port import Catalog, JsonValue, Progress, StagingRequest, StagingResult

if TYPE_CHECKING:
    from staging_engine.pipeline import Analysis, Preparation

# Share of the whole that is done when a step begins.
_PLANNING, _RENDERING, _COMPOSITING = 0.05, 0.1, 0.95


def child_folder() -> Path:
    """The folder with the Blender child: beside the package in a checkout, in it in a wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / "blender"
    return checkout if checkout.is_dir() else package / "_blender"


class BlenderEngine:
    """Stages photos with the Blender of the environment that `python` belongs to."""

    def __init__(
        self,
        python: Path,
        *,
        timeout_seconds: float = 180.0,
        memory_limit_bytes: int = 2 * 1024**3,
        jobs_per_child: int = 25,
        idle_seconds: float = 300.0,
        threads: int = 2,
    ) -> None:
        self._folder = child_folder()
        self._threads = threads
        limits = ChildLimits(
            timeout_seconds=timeout_seconds,
            memory_limit_bytes=memory_limit_bytes,
            jobs=jobs_per_child,
            idle_seconds=idle_seconds,
        )
        self._child = RenderChild(python, self._folder / "child.py", limits)

    @property
    def child_pid(self) -> int | None:
        """The process id of the Blender child, if one runs."""
        return self._child.pid

    def catalog(self) -> Catalog:
        """The room types, styles and qualities on offer."""
        return CATALOG

    async def stage(self, request: StagingRequest, *, progress: Progress) -> StagingResult:
        """Furnish one photo; see the port."""
        check_choices(request)
        progress(0.0, "finding_room")
        analysis = await asyncio.to_thread(_analyse, request)
        progress(_PLANNING, "planning")
        with tempfile.TemporaryDirectory(prefix="staging-") as scratch:
            prepared = await asyncio.to_thread(
                _prepare, request, analysis, self._folder, Path(scratch), self._threads
            )
            progress(_RENDERING, "rendering")
            started = time.perf_counter()
            answer = await self._render(prepared, progress)
            seconds = time.perf_counter() - started
            progress(_COMPOSITING, "compositing")
            result = await asyncio.to_thread(_finish, request, prepared, answer, seconds)
        progress(1.0, "compositing")
        return result

    async def close(self) -> None:
        """End the Blender child."""
        await self._child.close()

    async def _render(self, prepared: Preparation, progress: Progress) -> dict[str, JsonValue]:
        def rendering(share: float) -> None:
            progress(_RENDERING + (_COMPOSITING - _RENDERING) * share, "rendering")

        return await self._child.request({"command": "render", "scene": prepared.scene}, rendering)


# The imports are inside, hence in the thread: an idle worker should not carry OpenCV.
def _analyse(request: StagingRequest) -> Analysis:
    from staging_engine import pipeline

    return pipeline.analyse(request)


def _prepare(
    request: StagingRequest, analysis: Analysis, folder: Path, scratch: Path, threads: int
) -> Preparation:
    from staging_engine import pipeline

    return pipeline.prepare(request, analysis, folder=folder, scratch=scratch, threads=threads)


def _finish(
    request: StagingRequest,
    prepared: Preparation,
    answer: dict[str, JsonValue],
    rendering_seconds: float,
) -> StagingResult:
    from staging_engine import pipeline

    return pipeline.finish(request, prepared, answer, rendering_seconds)
