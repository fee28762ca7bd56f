"""The commands as an operator calls them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest

from stagify.events.receipts import (
    IdentityReceiptIssued,
    StagingReceiptIssued,
    UsageReceiptIssued,
)
from stagify.events.tenant import TenantDirectoryEntry, TenantReactivated, TenantSuspended
from stagify.ids import new_id
from stagify.testing import ContextKeys, DatabaseUrls
from tenant_testing import CreateTenant, Deliver, Published

Command = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


@pytest.fixture
def command(urls: DatabaseUrls, context_keys: ContextKeys) -> Command:
    """Run `tenant-svc` with these arguments."""
    environment = os.environ | {
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
    assert (done.returncode, done.stderr) == (1, "There is no such tenant.\n")
