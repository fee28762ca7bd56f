"""The real processes: they start from an environment, do their work, and stop when asked."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from stagify.database import Database
from stagify.testing import eventually
from stagify_local.ports import free_port
from staging_testing import Caller

COMMAND = Path(sys.executable).with_name("staging-svc")
# For each step, on a busy machine.
PATIENCE_SECONDS = 180


@asynccontextmanager
async def running(
    process: str, values: dict[str, str], **other: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process that is ready, and its address; it must end well when it is asked to stop."""
    port = free_port()
    environment = {name.upper(): value for name, value in (values | other).items()}
    environment |= {"HTTP_PORT": str(port), "WORKER_HTTP_PORT": str(port)}
    child = await asyncio.create_subprocess_exec(
        COMMAND, process, env=environment | {"PATH": os.environ["PATH"]}
    )
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:

            async def is_ready() -> bool:
                assert child.returncode is None
                try:
                    answer = await client.get(f"{address}/readyz")
                except httpx.TransportError:
                    return False
                return bool(answer.json()["failing"] == [])

            await eventually(is_ready, PATIENCE_SECONDS)
        yield child, address
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await child.wait()
    assert child.returncode == 0


async def test_jobs_process_stages_what_is_accepted(
    caller: Caller, values: dict[str, str], database: Database, claims: Database
) -> None:
    changed = asyncio.Event()
    listener = await asyncpg.connect(database.url)
    await listener.add_listener("staging_projects_changed", lambda *_: changed.set())
    try:
        async with running("jobs", values), asyncio.timeout(PATIENCE_SECONDS):
            project = await caller.project()
            while (await caller.read(project["id"]))["status"] != "staged":
                await changed.wait()
                changed.clear()
    finally:
        await listener.close()


async def test_api_process_ends_live_streams_when_it_stops(
    caller: Caller, values: dict[str, str]
) -> None:
    project = await caller.project()
    async with running("api", values, shutdown_grace_seconds="60") as (child, address):
        path = f"{address}/v1/projects/{project['id']}/events"
        async with (
            httpx.AsyncClient() as client,
            client.stream("GET", path, headers=caller.headers) as stream,
        ):
            parts = stream.aiter_text()
            assert (await anext(parts)).startswith("id: ")
            child.send_signal(signal.SIGTERM)
            # A clean end, not a broken connection, and long before the grace is over.
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert [part async for part in parts if not part.startswith(":")] == []


@pytest.mark.parametrize("url", ["database_url", "claim_database_url"])
async def test_no_role_of_the_jobs_process_may_bypass_row_level_security(
    values: dict[str, str], postgres_admin_url: str, url: str
) -> None:
    environment = {
        name.upper(): value for name, value in (values | {url: postgres_admin_url}).items()
    }
    child = await asyncio.create_subprocess_exec(
        COMMAND,
        "jobs",
        env=environment | {"PATH": os.environ["PATH"], "WORKER_HTTP_PORT": str(free_port())},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, told = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert child.returncode != 0
    assert b"bypass row-level security" in told
