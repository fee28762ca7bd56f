"""The Blender child process: started when needed, reused, watched, and killed when it misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from staging_engine.port import EngineFailedError, JsonValue

logger = logging.getLogger(__name__)

_WATCH_INTERVAL_SECONDS = 0.2
_KEPT_LINES = 20
_LINE_LIMIT = 1 << 20
_KILL_WAIT_SECONDS = 5.0
# The only variables of the parent that the child gets: others may hold secrets, and a child that
# renders customers' pictures does not need them.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """The limits of one child, beyond which it is replaced."""

    timeout_seconds: float = 180.0
    start_timeout_seconds: float = 60.0
    memory_limit_bytes: int = 2 * 1024**3
    jobs: int = 25
    idle_seconds: float = 300.0


class RenderChild:
    """At most one running child; requests are answered one at a time."""

    def __init__(self, python: Path, script: Path, limits: ChildLimits) -> None:
        self._python, self._script, self._limits = python, script, limits
        self._process: asyncio.subprocess.Process | None = None
        self._stderr: asyncio.Task[None] | None = None
        self._last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._jobs = 0
        self._lock = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The running child's process id."""
        return self._process.pid if self._process else None

    async def request(
        self, message: Mapping[str, JsonValue], progress: Callable[[float], None]
    ) -> dict[str, JsonValue]:
        """Send one request and return its answer; on any failure the child is gone afterwards."""
        async with self._lock:
            self._cancel_idle()
            try:
                process = await self._running()
                answer = await self._exchange(process, message, progress)
            except BaseException:
                await self._kill()
                raise
            self._jobs += 1
            if self._jobs >= self._limits.jobs:
                await self._stop()
            else:
                self._close_when_idle()
            return answer

    async def close(self) -> None:
        """End the child, if there is one."""
        async with self._lock:
            self._cancel_idle()
            await self._stop()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._kill()
        try:
            async with asyncio.timeout(self._limits.start_timeout_seconds):
                return await self._start()
        except TimeoutError as error:
            raise EngineFailedError("engine_timed_out", "The renderer did not start.") from error
        except OSError as error:
            raise EngineFailedError("engine_crashed", "The renderer is not installed.") from error

    async def _start(self) -> asyncio.subprocess.Process:
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        process = await asyncio.create_subprocess_exec(
            self._python,
            self._script,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
            env=environment,
            start_new_session=True,
        )
        self._process, self._jobs = process, 0
        self._last_lines.clear()
        self._stderr = asyncio.create_task(self._drain(process))
        ready = await self._answer(process)
        logger.info("engine.child_started", extra={"pid": process.pid, "ready": ready})
        return process

    async def _exchange(
        self,
        process: asyncio.subprocess.Process,
        message: Mapping[str, JsonValue],
        progress: Callable[[float], None],
    ) -> dict[str, JsonValue]:
        watch = asyncio.create_task(self._watch_memory(process.pid))
        talk = asyncio.create_task(self._talk(process, message, progress))
        try:
            async with asyncio.timeout(self._limits.timeout_seconds):
                await asyncio.wait({watch, talk}, return_when=asyncio.FIRST_COMPLETED)
            if watch.done() and not talk.done():
                raise EngineFailedError("engine_out_of_memory", "Rendering needed too much memory.")
            return await talk
        except TimeoutError as error:
            raise EngineFailedError("engine_timed_out", "Rendering took too long.") from error
        finally:
            for task in (watch, talk):
                task.cancel()
            await asyncio.gather(watch, talk, return_exceptions=True)

    async def _talk(
        self,
        process: asyncio.subprocess.Process,
        message: Mapping[str, JsonValue],
        progress: Callable[[float], None],
    ) -> dict[str, JsonValue]:
        assert process.stdin is not None
        process.stdin.write(json.dumps(message).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()
        while True:
            answer = await self._answer(process)
            match answer.get("event"):
                case "progress":
                    share = answer.get("share")
                    progress(float(share) if isinstance(share, int | float) else 0.0)
                case "done":
                    return answer
                case _:
                    raise _failure(answer)

    async def _answer(self, process: asyncio.subprocess.Process) -> dict[str, JsonValue]:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            code = await process.wait()
            logger.error(
                "engine.child_died", extra={"status": code, "last_lines": list(self._last_lines)}
            )
            raise EngineFailedError("engine_crashed", "The renderer stopped unexpectedly.")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise EngineFailedError("engine_crashed", "The renderer's answer could not be read.")
        return answer

    async def _watch_memory(self, pid: int) -> None:
        """Return when the child's resident memory passes the limit.

        An address space limit would not do: Blender maps far more than it uses.
        """
        # There is no event for memory to wait for.
        while resident_bytes(pid) <= self._limits.memory_limit_bytes:  # noqa: ASYNC110
            await asyncio.sleep(_WATCH_INTERVAL_SECONDS)

    async def _drain(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.read(4096):
            self._last_lines.extend(line.decode(errors="replace").splitlines())

    def _close_when_idle(self) -> None:
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self._limits.idle_seconds, self._close_soon)

    def _close_soon(self) -> None:
        task = asyncio.ensure_future(self.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _cancel_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    async def _stop(self) -> None:
        """Let the child end by closing its stdin; kill it if it does not."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_KILL_WAIT_SECONDS):
                    await self._process.wait()
        await self._kill()

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if self._stderr is not None:
            await asyncio.gather(self._stderr, return_exceptions=True)
            self._stderr = None


def resident_bytes(pid: int) -> int:
    """The resident memory of a process; 0 when it is gone."""
    if sys.platform == "linux":
        try:
            pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return resident_bytes_by_ps(pid)


def resident_bytes_by_ps(pid: int) -> int:
    """The same where there is no /proc, as on macOS."""
    command = ["ps", "-o", "rss=", "-p", str(pid)]
    kibibytes = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return int(kibibytes or 0) * 1024


def _failure(answer: Mapping[str, JsonValue]) -> EngineFailedError:
    logger.error(
        "engine.child_failed",
        extra={"child_code": answer.get("code"), "child_message": answer.get("message")},
    )
    if answer.get("code") == "out_of_memory":
        return EngineFailedError("engine_out_of_memory", "Rendering needed too much memory.")
    return EngineFailedError("engine_crashed", "The renderer reported an error.")
