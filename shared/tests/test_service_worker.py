"""The background process refuses to start as a role that row-level security does not bind."""

import asyncio

import pytest

from kit_testing import SERVICE, make_settings
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.service_worker import run_service_worker
from stagify.tasks.kinds import Kind, Task
from stagify.testing import ContextKeys, DatabaseUrls


async def do_nothing(task: Task) -> None:
    """A task without work."""


@pytest.mark.parametrize("url", ["database_url", "relay_database_url", "tasks_database_url"])
async def test_no_role_of_it_may_bypass_row_level_security(
    kit_urls: DatabaseUrls, context_keys: ContextKeys, postgres_admin_url: str, url: str
) -> None:
    settings = make_settings(kit_urls, context_keys, **{url: postgres_admin_url})
    database = Database.from_settings(settings, service=SERVICE)
    consumer = Consumer(
        SERVICE,
        database=database,
        handlers={},
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )
    try:
        with pytest.raises(RuntimeError, match="bypass row-level security"):
            async with asyncio.timeout(20):
                await run_service_worker(
                    SERVICE,
                    settings,
                    database=database,
                    consumer=consumer,
                    kinds={"nothing.do": Kind(handler=do_nothing)},
                    jobs={},
                )
    finally:
        await database.close()
