"""The life of the Blender child."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from stagify.testing import eventually, next_turn
from staging_engine.blender import child_folder
from staging_engine.child import ChildLimits, RenderChild, resident_bytes, resident_bytes_by_ps
from staging_engine.port import EngineFailedError

pytestmark = pytest.mark.engine

SCRIPT = child_folder() / "child.py"
PING = {"command": "ping"}


def ignore(share: float) -> None:
    """Nobody watches the progress."""


def is_running(pid: int) -> bool:
    return resident_bytes(pid) > 0


async def ended(pid: int) -> None:
    """Wait until a process is gone."""
    await eventually(lambda: not is_running(pid))


async def test_child_is_reused_and_ends_with_close(engine_python: Path) -> None:
    child = RenderChild(engine_python, SCRIPT, ChildLimits())
    await child.request(PING, ignore)
    pid = child.pid
    await child.request(PING, ignore)
    assert pid is not None
    assert child.pid == pid
    await child.close()
    assert child.pid is None
    await ended(pid)


async def test_error_fails_the_job_and_the_next_gets_a_fresh_child(engine_python: Path) -> None:
    child = RenderChild(engine_python, SCRIPT, ChildLimits())
    with pytest.raises(EngineFailedError) as failed:
        await child.request({"command": "explode"}, ignore)
    assert failed.value.code == "engine_crashed"
    assert child.pid is None
    await child.request(PING, ignore)
    await child.close()


async def test_killed_child_fails_only_its_job(engine_python: Path) -> None:
    child = RenderChild(engine_python, SCRIPT, ChildLimits())
    await child.request(PING, ignore)
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    job = asyncio.create_task(child.request(PING, ignore))
    await next_turn()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineFailedError) as failed:
        await job
    assert failed.value.code == "engine_crashed"
    await child.request(PING, ignore)
    assert child.pid != pid
    await child.close()


async def test_hanging_child_is_killed_after_the_time_limit(engine_python: Path) -> None:
    child = RenderChild(engine_python, SCRIPT, ChildLimits())
    await child.request(PING, ignore)
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    child._limits = ChildLimits(timeout_seconds=0.5)
    with pytest.raises(EngineFailedError) as failed:
        await child.request(PING, ignore)
    assert failed.value.code == "engine_timed_out"
    await ended(pid)


async def test_child_over_the_memory_limit_is_killed(engine_python: Path) -> None:
    child = RenderChild(engine_python, SCRIPT, ChildLimits(memory_limit_bytes=20 * 1024**2))
    with pytest.raises(EngineFailedError) as failed:
        await child.request(PING, ignore)
    assert failed.value.code == "engine_out_of_memory"
    assert child.pid is None


async def test_cancelled_job_leaves_no_child(engine_python: Path) -> None:
    child = RenderChild(engine_python, SCRIPT, ChildLimits())
    await child.request(PING, ignore)
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    job = asyncio.create_task(child.request(PING, ignore))
    await next_turn()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    await ended(pid)


async def test_child_is_replaced_after_its_share_of_jobs(engine_python: Path) -> None:
    child = RenderChild(engine_python, SCRIPT, ChildLimits(jobs=1))
    await child.request(PING, ignore)
    assert child.pid is None


async def test_idle_child_is_closed(engine_python: Path) -> None:
    child = RenderChild(engine_python, SCRIPT, ChildLimits(idle_seconds=0.05))
    await child.request(PING, ignore)
    pid = child.pid
    assert pid is not None
    await ended(pid)
    await child.request(PING, ignore)
    assert child.pid != pid
    await child.close()


async def test_missing_interpreter_is_a_failure(tmp_path: Path) -> None:
    child = RenderChild(tmp_path / "python", SCRIPT, ChildLimits())
    with pytest.raises(EngineFailedError) as failed:
        await child.request(PING, ignore)
    assert failed.value.code == "engine_crashed"


def test_memory_is_the_same_by_ps() -> None:
    assert resident_bytes_by_ps(os.getpid()) == pytest.approx(resident_bytes(os.getpid()), rel=0.1)
    assert resident_bytes_by_ps(2**22 + 1) == resident_bytes(2**22 + 1) == 0
