"""Row-level security of staging-svc's tables, tested with queries that have no conditions of their own."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stagify.database import Database
from stagify.ids import new_id
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.models import METADATA, NOT_TENANT_TABLES
from staging_testing import Caller

TENANT_TABLES = sorted(METADATA.tables.keys() - NOT_TENANT_TABLES.keys())
FILLED = ["images", "jobs", "projects", "uploads"]


@pytest.mark.parametrize("table", FILLED)
async def test_rows_show_to_their_tenant_alone(
    caller: Caller, job_loop: JobLoop, database: Database, other_tenant_id: UUID, table: str
) -> None:
    await caller.project()
    await job_loop.run_next()
    assert await database.fetch(caller.tenant_id, f"SELECT 1 FROM {table}")
    assert not await database.fetch(other_tenant_id, f"SELECT 1 FROM {table}")
    async with database.tenant_connection(None) as connection:
        assert not await connection.fetch(f"SELECT 1 FROM {table}")


async def test_another_tenants_rows_can_be_neither_changed_nor_deleted(
    caller: Caller, database: Database, other_tenant_id: UUID
) -> None:
    project = await caller.project()
    async with database.tenant_connection(other_tenant_id) as connection:
        assert await connection.execute("UPDATE projects SET name = 'x'") == "UPDATE 0"
        assert await connection.execute("DELETE FROM uploads") == "DELETE 0"
    assert await caller.read(project["id"]) == project


async def test_a_row_cannot_be_written_for_another_tenant(
    database: Database, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    statement = text(
        "INSERT INTO tenants (tenant_id, id, created_at, status)"
        " VALUES (:tenant, :tenant, now(), 'active')"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.tenant(tenant_id) as session:
            await session.execute(statement, {"tenant": other_tenant_id})


async def test_an_image_cannot_hang_on_another_tenants_project(
    caller: Caller, database: Database, other_tenant_id: UUID
) -> None:
    project = await caller.project()
    statement = text(
        "INSERT INTO images (tenant_id, id, created_at, project_id, kind, filename, bucket,"
        " object_key, content_type, width, height, size, sha256)"
        " VALUES (:tenant, :id, now(), :project, 'staged', '', '', '', '', 1, 1, 1, '')"
    )
    values = {"tenant": other_tenant_id, "id": new_id(), "project": UUID(project["id"])}
    with pytest.raises(DBAPIError, match="foreign key"):
        async with database.tenant(other_tenant_id) as session:
            await session.execute(statement, values)


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_nothing_can_be_truncated(database: Database, table: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.system() as session:
            await session.execute(text(f"TRUNCATE {table} CASCADE"))
