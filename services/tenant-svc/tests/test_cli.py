"""The commands as an operator calls them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from stagify.database import Database
from stagify.events.receipts import (
    IdentityReceiptIssued,
    StagingReceiptIssued,
    UsageReceiptIssued,
)
from stagify.events.tenant import TenantDirectoryEntry, TenantReactivated, TenantSuspended
from stagify.ids import new_id
from stagify.tasks.queue import enqueue
from stagify.testing import ContextKeys, DatabaseUrls
from tenant_testing import CreateTenant, Deliver, Published

Command = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


@pytest.fixture
def command(urls: DatabaseUrls, context_keys: ContextKeys) -> Command:
    """Run `tenant-svc` with these arguments."""
    environment = os.environ | {
        "ENVIRONMENT": "test",
        "KAFKA_BOOTSTRAP_SERVERS": "unused:9092",
        "DATABASE_URL": urls.app,
        "RELAY_DATABASE_URL": urls.relay,
        "TASKS_DATABASE_URL": urls.tasks,
        "IDEMPOTENCY_SECRET": "only-for-tests",
        **{name.upper(): value for name, value in context_keys.settings("tenant-svc").items()},
    }
    program = Path(sys.executable).parent / "tenant-svc"

    async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            subprocess.run,
            [str(program), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


async def test_suspend_reactivate_and_republish(
    command: Command,
    create_tenant: CreateTenant,
    deliver: Deliver,
    published: Published,
    tenant_id: UUID,
    slug: str,
) -> None:
    await create_tenant(tenant_id)
    for cls in (IdentityReceiptIssued, StagingReceiptIssued, UsageReceiptIssued):
        await deliver(cls(tenant_id=tenant_id, action="created", of_event_id=new_id()))
    before = len(await published(tenant_id))
    for arguments in (
        ("suspend", slug, "--reason", "unpaid"),
        ("reactivate", slug),
        ("republish-directory",),
    ):
        done = await command(*arguments)
        assert done.returncode == 0, done.stderr
    events = (await published(tenant_id))[before:]
    assert [type(event) for event in events] == [
        TenantSuspended,
        TenantDirectoryEntry,
        TenantReactivated,
        TenantDirectoryEntry,
        TenantDirectoryEntry,
    ]
    assert {event.actor for event in events} == {"system"}


async def test_refusal_is_one_sentence(command: Command, slug: str) -> None:
    done = await command("suspend", slug, "--reason", "unpaid")
    assert (done.returncode, done.stderr) == (1, "This workspace does not exist.\n")


async def test_tasks_that_were_given_up_are_listed_retried_and_discarded(
    command: Command, urls: DatabaseUrls, database: Database, tenant_id: UUID
) -> None:
    queue = await asyncpg.connect(urls.tasks)
    try:
        async with database.tenant(tenant_id) as session:
            ids = [str(await enqueue(session, "test", key=key)) for key in ("first", "second")]
        await queue.execute(
            "UPDATE tasks SET state = 'given_up', last_error = 'nobody home' WHERE kind = 'test'"
        )
        shown = await command("tasks", "list")
        rows = [line.split("\t") for line in shown.stdout.splitlines()]
        assert [(row[0], *row[2:]) for row in rows] == [
            (task_id, "test", str(tenant_id), key, "0", "nobody home")
            for task_id, key in zip(ids, ("first", "second"), strict=True)
        ]
        assert "retried 1" in (await command("tasks", "retry", ids[0])).stdout
        assert "discarded" in (await command("tasks", "discard", ids[1])).stdout
        assert "no such task" in (await command("tasks", "discard", ids[0])).stdout
        left = await queue.fetch("SELECT id::text, state FROM tasks WHERE kind = 'test'")
        assert [tuple(row) for row in left] == [(ids[0], "ready")]
    finally:
        await queue.execute("DELETE FROM tasks WHERE kind = 'test'")
        await queue.close()
