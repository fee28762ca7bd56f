"""The background process: health, a clean stop, and a loud end when a job fails."""

import asyncio
import os
import signal

import httpx
import pytest

from stagify.worker import JobEndedError, every, run_worker
from stagify_local.ports import free_port


async def fails() -> None:
    raise ConnectionError


async def passes() -> None:
    return None


class TestRunWorker:
    async def test_serves_health_and_stops_on_sigterm(self) -> None:
        port = free_port()
        started, handed_back = asyncio.Event(), asyncio.Event()

        async def job() -> None:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                handed_back.set()

        worker = asyncio.create_task(
            run_worker(
                {"job": job},
                checks={"good": passes, "bad": fails},
                host="127.0.0.1",
                port=port,
                grace_seconds=5,
            )
        )
        await started.wait()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/healthz")).json() == {"status": "ok"}
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()["failing"]) == (503, ["bad"])
            metrics = (await client.get("/metrics")).text
            assert "python_info" in metrics
            assert "stagify_asyncio_tasks" in metrics
            assert (await client.get("/nowhere")).status_code == 404
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(worker, 5)
        assert handed_back.is_set()

    async def test_a_failing_job_ends_the_process_and_stops_the_others(self) -> None:
        stopped = asyncio.Event()

        async def other() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        with pytest.raises(ConnectionError):
            await run_worker(
                {"bad": fails, "other": other},
                checks={},
                host="127.0.0.1",
                port=0,
                grace_seconds=5,
            )
        assert stopped.is_set()

    async def test_a_job_that_returns_is_a_failure_too(self) -> None:
        with pytest.raises(JobEndedError):
            await run_worker(
                {"short": passes}, checks={}, host="127.0.0.1", port=0, grace_seconds=5
            )

    async def test_a_job_that_will_not_stop_is_left_behind(self) -> None:
        async def stubborn() -> None:
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if release.is_set():
                        raise

        release = asyncio.Event()
        with pytest.raises(ConnectionError):
            await run_worker(
                {"stubborn": stubborn, "bad": fails},
                checks={},
                host="127.0.0.1",
                port=0,
                grace_seconds=0.1,
            )
        release.set()
        for task in asyncio.all_tasks():
            if task.get_name() == "stubborn":
                task.cancel()


async def test_periodic_work_goes_on_after_a_failure() -> None:
    turns = 0
    enough = asyncio.Event()

    async def work() -> None:
        nonlocal turns
        turns += 1
        if turns == 3:
            enough.set()
        raise ConnectionError

    task = asyncio.create_task(every(0.001, work, name="test"))
    await asyncio.wait_for(enough.wait(), 5)
    task.cancel()
