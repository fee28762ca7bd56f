"""The command as an operator calls it."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from stagify.events import Event
from stagify.testing import ContextKeys, DatabaseUrls

Command = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]
Subscribe = Callable[[UUID, str], Awaitable[None]]
Usage = Callable[..., Awaitable[dict[str, Any]]]
Published = Callable[[UUID], Awaitable[list[Event]]]


@pytest.fixture
def command(urls: DatabaseUrls, context_keys: ContextKeys) -> Command:
    """Run `usage-svc` with these arguments, and with other variables where they are given."""
    environment = os.environ | {
        "ENVIRONMENT": "test",
        "KAFKA_BOOTSTRAP_SERVERS": "unused:9092",
        "DATABASE_URL": urls.app,
        "RELAY_DATABASE_URL": urls.relay,
        "TASKS_DATABASE_URL": urls.tasks,
        "INGEST_DATABASE_URL": urls.extra["ingest"],
        "IDEMPOTENCY_SECRET": "only-for-tests",
        **{name.upper(): value for name, value in context_keys.settings("usage-svc").items()},
    }
    program = Path(sys.executable).parent / "usage-svc"

    async def run(*arguments: str, **other: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [str(program), *arguments],
            env=environment | other,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


async def test_set_plan_by_slug(
    command: Command, subscribe: Subscribe, usage: Usage, published: Published, tenant_id: UUID
) -> None:
    await subscribe(tenant_id, "free")
    done = await command("set-plan", f"t{tenant_id.hex[-12:]}", "pro")
    assert done.returncode == 0, done.stderr
    assert (await usage(tenant_id))["limit"] == 200
    assert (await published(tenant_id))[-1].actor == "system"


@pytest.mark.parametrize(
    ("plan", "message"),
    [("pro", "This tenant is not known here.\n"), ("gold", "This plan does not exist.\n")],
)
async def test_refusal_is_one_sentence(
    command: Command, tenant_id: UUID, plan: str, message: str
) -> None:
    done = await command("set-plan", str(tenant_id), plan)
    assert (done.returncode, done.stderr) == (1, message)


async def test_replay_of_dead_letters_says_how_many_there_were(
    command: Command, kafka_server: str
) -> None:
    done = await command("dead-letters", "replay", KAFKA_BOOTSTRAP_SERVERS=kafka_server)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"replayed \d+\n", done.stdout)
