"""Carries out due deletions, one by one and as their tenant; part of the worker process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from prometheus_client import Counter, Gauge
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.database import Database
from stagify.tenancy import tenant_scope
from staging_svc.objects import service as objects
from staging_svc.objects.store import Storage, StorageUnavailableError

logger = logging.getLogger(__name__)

DELETED = Counter("stagify_objects_deleted", "Objects removed from the store.")
FAILURES = Counter("stagify_object_deletion_failures", "Deletions that will be tried again.")
DUE = Gauge("stagify_object_deletions_due", "Deletions that are due and not done.")

CONCURRENCY = 4


# Takes away the unused upload that goes with an object.
ForgetUpload = Callable[[AsyncSession, UUID], Awaitable[None]]


class DeletionExecutor:
    """Deletes what is due. `claims` is the database as the claim role."""

    def __init__(
        self, database: Database, claims: Database, storage: Storage, forget_upload: ForgetUpload
    ) -> None:
        self._database = database
        self._claims = claims
        self._storage = storage
        self._forget_upload = forget_upload
        self._slots = asyncio.Semaphore(CONCURRENCY)

    async def run_once(self) -> int:
        """Carry out everything that is due now; how many intents were found."""
        total = 0
        while True:
            found = await self._look()
            await asyncio.gather(*(self._carry_out(*intent) for intent in found))
            total += len(found)
            if len(found) < objects.BATCH:
                return total

    async def _look(self) -> list[tuple[UUID, UUID]]:
        async with self._claims.tenant_connection(None) as connection:
            DUE.set(await objects.count_due(connection))
            return await objects.due(connection)

    async def _carry_out(self, tenant_id: UUID, intent_id: UUID) -> None:
        async with self._slots:
            with tenant_scope(tenant_id):
                try:
                    await self._delete(tenant_id, intent_id)
                except StorageUnavailableError:
                    FAILURES.inc()
                    logger.warning("object_deletion.postponed")

    async def _delete(self, tenant_id: UUID, intent_id: UUID) -> None:
        # 1. Mark it, and take away an unused upload: from here on no project can use the object.
        async with self._database.tenant(tenant_id) as session:
            intent = await objects.begin(session, intent_id)
            if intent is None:
                return
            if intent.upload_id is not None:
                await self._forget_upload(session, intent.upload_id)
        # 2. Delete the object. A crash after this deletes it again: that is harmless.
        await self._storage.delete(intent.bucket, intent.object_key)
        # 3. Forget the intent. Never before 2: the object would stay for ever.
        async with self._database.tenant(tenant_id) as session:
            await objects.finish(session, intent_id)
        DELETED.inc()
