"""The background process refuses to start as a role that row-level security does not bind."""

import asyncio
from collections.abc import Sequence

import pytest

from kit_testing import SERVICE, make_settings
from stagify.consumer import Consumer
from stagify.database import Database, Session
from stagify.events.tenant import TenantSuspended
from stagify.service_worker import run_service_worker
from stagify.settings import ServiceSettings
from stagify.tasks.kinds import Kind, Task
from stagify.testing import ContextKeys, DatabaseUrls
from stagify.testing.waiting import PATIENCE_SECONDS


async def do_nothing(task: Task) -> None:
    """A task without work."""


async def on_tenant_suspended(session: Session, event: TenantSuspended) -> None:
    """An event without consequences."""


async def is_refused(settings: ServiceSettings, others: Sequence[Database] = ()) -> None:
    """Start the worker, and check that it refuses."""
    database = Database.from_settings(settings, service=SERVICE)
    consumer = Consumer(
        SERVICE,
        database=database,
        handlers={TenantSuspended: on_tenant_suspended},
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )
    try:
        with pytest.raises(RuntimeError, match="bypass row-level security"):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await run_service_worker(
                    SERVICE,
                    settings,
                    database=database,
                    consumer=consumer,
                    kinds={"nothing.do": Kind(handler=do_nothing)},
                    jobs={},
                    other_databases=others,
                )
    finally:
        await database.close()


@pytest.mark.parametrize("url", ["database_url", "relay_database_url", "tasks_database_url"])
async def test_no_role_that_every_worker_has_may_bypass_row_level_security(
    kit_urls: DatabaseUrls, context_keys: ContextKeys, postgres_admin_url: str, url: str
) -> None:
    await is_refused(make_settings(kit_urls, context_keys, **{url: postgres_admin_url}))


async def test_nor_may_one_that_only_this_worker_has(
    kit_urls: DatabaseUrls, context_keys: ContextKeys, postgres_admin_url: str
) -> None:
    other = Database(postgres_admin_url, service=SERVICE, pool_size=1)
    try:
        await is_refused(make_settings(kit_urls, context_keys), [other])
    finally:
        await other.close()
