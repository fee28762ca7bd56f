"""Row-level security of tenant-svc's tables, tested with queries that have no conditions."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stagify.database import Database
from stagify.ids import new_id
from tenant_svc.models import METADATA, NOT_TENANT_TABLES
from tenant_testing import CreateTenant

TENANT_TABLES = sorted(METADATA.tables.keys() - NOT_TENANT_TABLES.keys())


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_without_a_tenant_nothing_shows(
    database: Database, create_tenant: CreateTenant, tenant_id: UUID, table: str
) -> None:
    await create_tenant(tenant_id)
    async with database.system() as session:
        count = await session.execute(text(f"SELECT count(*) FROM {table}"))
        assert count.scalar_one() == 0


async def test_another_tenants_row_can_be_neither_seen_nor_changed(
    database: Database, create_tenant: CreateTenant, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    await create_tenant(tenant_id)
    async with database.tenant(other_tenant_id) as session:
        assert (await session.execute(text("SELECT * FROM tenants"))).all() == []
        changed = await session.execute(text("UPDATE tenants SET name = 'x' RETURNING tenant_id"))
        assert changed.all() == []


async def test_a_row_cannot_be_written_for_another_tenant(
    database: Database, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    statement = text(
        "INSERT INTO tenant_receipts (tenant_id, of_event_id, service, action, received_at)"
        " VALUES (:tenant, :event, 'usage', 'created', now())"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.tenant(tenant_id) as session:
            await session.execute(statement, {"tenant": other_tenant_id, "event": new_id()})


@pytest.mark.parametrize("table", sorted(METADATA.tables))
async def test_nothing_can_be_truncated(database: Database, table: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.system() as session:
            await session.execute(text(f"TRUNCATE {table}"))
