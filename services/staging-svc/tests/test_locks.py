"""The rows that staging-svc locks: two transactions at once, in the order in which it matters."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from stagify.database import Connection, Database, Session
from stagify.ids import new_id
from stagify.testing import DatabaseUrls, start_blocked
from staging_svc.projects import service as projects
from staging_svc.queue import service as queue
from staging_svc.queue.service import Lease, LeaseLostError
from staging_svc.uploads import service as uploads
from staging_svc.uploads.errors import UploadAlreadyUsedError, UploadNotFoundError
from staging_testing import Caller, room_photo


@dataclass(frozen=True)
class Race:
    """Two transactions of one tenant, each on a pool of its own, and a connection that watches."""

    first: Database
    second: Database
    watch: Connection
    tenant_id: UUID


def driver(session: Session) -> Connection:
    connection: Connection = session.info["connection"]
    return connection


@pytest.fixture
async def race(database: Database, urls: DatabaseUrls, tenant_id: UUID) -> AsyncIterator[Race]:
    second = Database(urls.app, service="staging-svc", pool_size=1)
    watch = await asyncpg.connect(urls.app)
    yield Race(database, second, watch, tenant_id)
    await second.close()
    await watch.close()


async def test_second_change_of_a_project_starts_from_the_first(race: Race, caller: Caller) -> None:
    project_id = UUID((await caller.project())["id"])
    async with race.second.tenant(race.tenant_id) as second:
        async with race.first.tenant(race.tenant_id) as first:
            await projects.touch(first, await projects.lock_project(first, project_id))
            waiting = await start_blocked(
                race.watch,
                driver(second).get_server_pid(),
                projects.lock_project(second, project_id),
            )
        await projects.touch(second, await waiting)
    rows = await race.first.fetch(race.tenant_id, "SELECT version FROM projects")
    assert rows[0]["version"] == 3


async def test_process_that_loses_its_lease_meanwhile_changes_nothing(
    race: Race, caller: Caller, claims: Database
) -> None:
    await caller.project()
    async with claims.tenant_connection(None) as connection:
        lease = await queue.claim_next(connection, lease_seconds=60)
    assert lease is not None
    async with race.second.tenant(race.tenant_id) as second:
        async with race.first.tenant_connection(race.tenant_id) as first:
            await first.execute("UPDATE jobs SET lease_token = gen_random_uuid()")
            waiting = await start_blocked(
                race.watch, driver(second).get_server_pid(), _finish(second, lease)
            )
        with pytest.raises(LeaseLostError):
            await waiting
    rows = await race.first.fetch(race.tenant_id, "SELECT state FROM jobs")
    assert rows[0]["state"] == "running"


async def _finish(session: Session, lease: Lease) -> None:
    await queue.finish(session, lease, is_done=True)


async def test_upload_that_is_being_deleted_cannot_be_used(race: Race, caller: Caller) -> None:
    upload_id = UUID(await caller.upload(room_photo()))
    async with race.second.tenant(race.tenant_id) as second:
        async with race.first.tenant(race.tenant_id) as first:
            await uploads.delete_upload(first, upload_id)
            use = uploads.use_upload(driver(second), upload_id=upload_id, project_id=new_id())
            waiting = await start_blocked(race.watch, driver(second).get_server_pid(), use)
        with pytest.raises(UploadNotFoundError):
            await waiting


async def test_upload_that_is_being_used_cannot_be_deleted(race: Race, caller: Caller) -> None:
    used = UUID((await caller.project())["id"])
    upload_id = UUID(await caller.upload(room_photo()))
    async with race.first.tenant_connection(race.tenant_id) as connection:
        await connection.execute("UPDATE uploads SET project_id = NULL WHERE project_id = $1", used)
    async with race.second.tenant(race.tenant_id) as second:
        async with race.first.tenant_connection(race.tenant_id) as first:
            await uploads.use_upload(first, upload_id=upload_id, project_id=used)
            deletion = uploads.delete_upload(second, upload_id)
            waiting = await start_blocked(race.watch, driver(second).get_server_pid(), deletion)
        with pytest.raises(UploadAlreadyUsedError):
            await waiting
