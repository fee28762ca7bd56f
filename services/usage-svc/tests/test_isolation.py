"""Row-level security of usage-svc's tables, tested with queries that have no conditions."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stagify.consumer import Rejection
from stagify.database import Database
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.testing import DatabaseUrls
from usage_svc.models import METADATA, NOT_TENANT_TABLES

Ingest = Callable[[list[UsageRecorded]], Awaitable[list[Rejection]]]
Subscribe = Callable[[UUID, str], Awaitable[None]]
TENANT_TABLES = sorted(METADATA.tables.keys() - NOT_TENANT_TABLES.keys())


@pytest.fixture
async def busy_tenant(ingest: Ingest, subscribe: Subscribe, tenant_id: UUID) -> UUID:
    """A tenant with a row in every table."""
    await subscribe(tenant_id, "pro")
    event = UsageRecorded(
        tenant_id=tenant_id,
        source="staging-svc",
        meter="staging",
        quantity=1,
        reservation_id=new_id(),
    )
    await ingest([event])
    return tenant_id


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_rows_show_to_their_tenant_only(
    database: Database, busy_tenant: UUID, other_tenant_id: UUID, table: str
) -> None:
    count = text(f"SELECT count(*) FROM {table}")
    async with database.tenant(busy_tenant) as session:
        assert (await session.execute(count)).scalar_one() > 0
    async with database.tenant(other_tenant_id) as session:
        assert (await session.execute(count)).scalar_one() == 0
    async with database.system() as session:
        assert (await session.execute(count)).scalar_one() == 0


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_nothing_can_be_truncated(
    database: Database, ingest_database: Database, table: str
) -> None:
    for role in (database, ingest_database):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with role.system() as session:
                await session.execute(text(f"TRUNCATE {table}"))


async def test_partitions_cannot_be_reached_past_their_parent(
    database: Database, ingest_database: Database, tenant_id: UUID
) -> None:
    for role in (database, ingest_database):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with role.tenant(tenant_id) as session:
                await session.execute(text("SELECT * FROM usage_records_p_default"))


async def test_only_the_ingest_role_makes_partitions(database: Database) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.system() as session:
            await session.execute(text("SELECT ensure_usage_partition(now()::date)"))


async def test_every_table_and_partition_forces_row_security(urls: DatabaseUrls) -> None:
    owner = await asyncpg.connect(urls.owner)
    try:
        rows = await owner.fetch(
            "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relkind IN ('r', 'p') AND attname = 'tenant_id' AND relnamespace ="
            " 'public'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
    finally:
        await owner.close()
    assert [row["relname"] for row in rows] == []
