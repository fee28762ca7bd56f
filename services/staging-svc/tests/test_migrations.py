"""The revisions of staging-svc."""

from stagify.testing import TestDatabases, check_migrations


async def test_migrations_go_up_and_down_without_drift(test_databases: TestDatabases) -> None:
    await check_migrations(test_databases, "staging", "staging_svc")
