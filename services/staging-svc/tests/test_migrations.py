"""The revisions build what the models say, go both ways, and lose nothing."""

import asyncio
from uuid import UUID

import asyncpg
from alembic import command

from stagify.database import Database
from stagify.ids import new_id
from stagify.migrations.runner import alembic_config
from stagify.testing import TestDatabases, check_migrations

# Statements of the release that still had a table of intents.
INSERT = (
    "INSERT INTO object_deletions (tenant_id, id, created_at, bucket, object_key, due_at,"
    " upload_id, attempts) VALUES ($1, $2, now(), 'bucket', 'key', now() + interval '1 day', $3, 0)"
)
USE = "DELETE FROM object_deletions WHERE upload_id = $1 AND attempts = 0 RETURNING upload_id"
OWN = "DELETE FROM object_deletions WHERE id = ANY ($1) AND attempts = 0 RETURNING id"


async def test_migrations_go_up_and_down_without_drift(test_databases: TestDatabases) -> None:
    await check_migrations(test_databases, "staging", "staging_svc")


async def test_intents_of_the_last_release_become_tasks(
    test_databases: TestDatabases, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    urls = await test_databases.empty("staging")
    config = alembic_config("staging_svc", urls.owner)
    await asyncio.to_thread(command.upgrade, config, "6d2f9e71c3a5")
    app = Database(urls.app, service="staging-svc", pool_size=1)
    tasks = await asyncpg.connect(urls.tasks)
    upload_id, result_id = new_id(), new_id()
    try:
        for owner in (tenant_id, other_tenant_id):
            async with app.tenant_connection(owner) as connection:
                await connection.execute(INSERT, owner, new_id(), upload_id)
                await connection.execute(INSERT, owner, new_id(), None)
        await asyncio.to_thread(command.upgrade, config, "head")
        rows = await tasks.fetch("SELECT tenant_id, kind, key, payload::text, state FROM tasks")
        assert {row["state"] for row in rows} == {"waiting"}
        assert {(row["tenant_id"], row["key"]) for row in rows} == {
            (owner, key) for owner in (tenant_id, other_tenant_id) for key in (str(upload_id), None)
        }
        # A process of that release still runs: it adds an intent, uses an upload, and owns a result.
        async with app.tenant_connection(tenant_id) as connection:
            await connection.execute(INSERT, tenant_id, result_id, None)
            assert await connection.fetchval(USE, upload_id) == upload_id
            assert await connection.fetchval(OWN, [result_id]) == result_id
            assert await connection.fetchval("SELECT count(*) FROM object_deletions") == 1
        assert await tasks.fetchval("SELECT count(*) FROM tasks") == 3
        # What has begun cannot be used through it either.
        await tasks.execute("UPDATE tasks SET attempts = 1")
        async with app.tenant_connection(other_tenant_id) as connection:
            assert await connection.fetchval(USE, upload_id) is None
        await asyncio.to_thread(command.downgrade, config, "6d2f9e71c3a5")
        async with app.tenant_connection(other_tenant_id) as connection:
            assert await connection.fetchval("SELECT count(*) FROM object_deletions") == 2
    finally:
        await app.close()
        await tasks.close()


async def test_it_is_known_of_the_last_releases_photos_whether_they_have_the_label(
    test_databases: TestDatabases, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    urls = await test_databases.empty("staging")
    config = alembic_config("staging_svc", urls.owner)
    await asyncio.to_thread(command.upgrade, config, "c4e1d07a92b5")
    app = Database(urls.app, service="staging-svc", pool_size=1)
    try:
        for tenant, label in ((tenant_id, "true"), (other_tenant_id, "false")):
            async with app.tenant_connection(tenant) as connection:
                project_id = new_id()
                await connection.execute(
                    "INSERT INTO projects (tenant_id, id, created_at, updated_at, name, room_type,"
                    " style, options, status, progress, version, reservation_id, is_reserved,"
                    " usage_dimensions) VALUES ($1, $2, now(), now(), '', '', '',"
                    f" '{{\"label\": {label}}}', 'staged', 1, 1, $2, true, '{{}}')",
                    tenant,
                    project_id,
                )
                for kind in ("original", "staged"):
                    await connection.execute(
                        "INSERT INTO images (tenant_id, id, created_at, project_id, kind, filename,"
                        " bucket, object_key, content_type, width, height, size, sha256)"
                        " VALUES ($1, $2, now(), $3, $4, '', '', '', '', 1, 1, 1, '')",
                        tenant,
                        new_id(),
                        project_id,
                        kind,
                    )
        await asyncio.to_thread(command.upgrade, config, "head")
        for tenant, has_label in ((tenant_id, True), (other_tenant_id, False)):
            async with app.tenant_connection(tenant) as connection:
                rows = await connection.fetch("SELECT kind, has_label FROM images ORDER BY kind")
            assert [(row["kind"], row["has_label"]) for row in rows] == [
                ("original", None),
                ("staged", has_label),
            ]
        await asyncio.to_thread(command.downgrade, config, "c4e1d07a92b5")
    finally:
        await app.close()
