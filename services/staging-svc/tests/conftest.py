"""staging-svc on a real database and object store, with a stub of usage-svc over HTTP."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from stagify.database import Database
from stagify.tasks.runner import TaskRunner
from stagify.testing import ContextKeys, DatabaseUrls, ObjectStoreServer, TestDatabases, app_client
from stagify.testing.events import in_outbox
from stagify.tokens import TokenVerifier
from staging_engine.fast import FastEngine
from staging_svc.app import create_app
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.jobs import StagingProcess
from staging_svc.objects.store import Storage
from staging_svc.parts import Parts, make_parts
from staging_svc.settings import Settings
from staging_svc.worker import make_kinds
from staging_testing import (
    Caller,
    Keys,
    MakeSettings,
    Published,
    Rows,
    ScriptedEngine,
    UsageService,
)


@pytest.fixture(scope="session")
async def urls(test_databases: TestDatabases) -> DatabaseUrls:
    return await test_databases.migrated("staging", "staging_svc")


@pytest.fixture
async def usage_svc(context_keys: ContextKeys) -> AsyncIterator[UsageService]:
    service = UsageService(TokenVerifier("usage-svc", context_keys.public))
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
def values(
    urls: DatabaseUrls,
    object_store: ObjectStoreServer,
    context_keys: ContextKeys,
    usage_svc: UsageService,
) -> dict[str, str]:
    """The environment of a process."""
    return {
        "environment": "test",
        "kafka_bootstrap_servers": "127.0.0.1:9",
        "database_url": urls.app,
        "relay_database_url": urls.relay,
        "tasks_database_url": urls.tasks,
        "claim_database_url": urls.extra["claim"],
        "idempotency_secret": "only-for-tests",
        "s3_endpoint": object_store.endpoint,
        "s3_public_url": object_store.endpoint,
        "s3_region": object_store.region,
        "s3_access_key_id": object_store.access_key_id,
        "s3_secret_access_key": object_store.secret_access_key,
        "s3_buckets": f'{{"eu": "{object_store.bucket}"}}',
        "usage_svc_url": usage_svc.url,
        "engine": "fast",
        # On a busy machine a process would find out that it has lost its job before a test goes on.
        "job_lease_seconds": "3600",
        **context_keys.settings("staging-svc"),
    }


@pytest.fixture
def make_settings(values: dict[str, str]) -> MakeSettings:
    """Settings with other values where they are given."""

    def make(**other: Any) -> Settings:
        return Settings.model_validate({**values, **other})

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings()


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with app_client(app) as client:
        yield client


@pytest.fixture
def caller(client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID) -> Caller:
    """A member of the test's tenant."""
    return Caller(client, context_keys, tenant_id)


@pytest.fixture
def other(client: httpx.AsyncClient, context_keys: ContextKeys, other_tenant_id: UUID) -> Caller:
    """A member of somebody else's tenant."""
    return Caller(client, context_keys, other_tenant_id)


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(urls.app, service="staging-svc", pool_size=5)
    yield database
    await database.close()


@pytest.fixture
def rows(database: Database, tenant_id: UUID) -> Rows:
    """The rows of the test's tenant."""
    return Rows(database, tenant_id)


@pytest.fixture
async def claims(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The database as the claim role, with no job of another test waiting in it."""
    database = Database(urls.extra["claim"], service="staging-svc", pool_size=2)
    async with database.tenant_connection(None) as connection:
        await connection.execute(
            "UPDATE jobs SET state = 'failed', lease_token = NULL, lease_expires_at = NULL"
            " WHERE state IN ('queued', 'running')"
        )
    yield database
    await database.close()


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine(FastEngine())


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    """The collaborators of a process."""
    async with aclosing(make_parts(settings)) as parts:
        yield parts


@pytest.fixture
async def process(
    parts: Parts, engine: ScriptedEngine, claims: Database
) -> AsyncIterator[StagingProcess]:
    """A staging process that does nothing by itself: tests run its job loop."""
    async with aclosing(StagingProcess(parts, lambda _: engine)) as process:
        yield process


@pytest.fixture
def job_loop(process: StagingProcess) -> JobLoop:
    return process.loops[0]


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return Storage(settings)


@pytest.fixture
async def queue(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The database as the tasks role."""
    queue = Database(urls.tasks, service="staging-svc", pool_size=2)
    yield queue
    await queue.close()


@pytest.fixture
def runner(queue: Database, database: Database, parts: Parts) -> TaskRunner:
    """The worker's tasks, to be run by hand."""
    return TaskRunner(queue, database, make_kinds(parts))


@pytest.fixture
def keys(object_store: ObjectStoreServer) -> Keys:
    """The keys of a tenant's objects."""

    def listed(tenant_id: UUID) -> set[str]:
        answer = object_store.client().list_objects_v2(
            Bucket=object_store.bucket, Prefix=f"tenants/{tenant_id}/"
        )
        return {item["Key"] for item in answer.get("Contents", ())}

    return listed


@pytest.fixture
def published(urls: DatabaseUrls) -> Published:
    """The events of a tenant in the outbox, in the order in which they will be sent."""

    return lambda tenant_id: in_outbox(urls.relay, tenant_id)
