"""Deleting stored objects by durable intents: written first, carried out later, any number of times.

Life of an intent: `intend` writes it with the time it falls due; `withdraw` removes it when a
row comes to own the object; `begin` marks a due one as being carried out, after which it can no
longer be withdrawn; `finish` removes it once the object is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.clock import utc_now
from staging_svc.objects.models import ObjectDeletion

BATCH = 100
# An intent that could not be carried out is tried again after this.
RETRY = timedelta(seconds=30)

DUE = "SELECT tenant_id, id FROM object_deletions WHERE due_at <= now() ORDER BY due_at LIMIT $1"
# Keeps the object of upload $1, which a project uses now; no row if it is too late.
WITHDRAW_OF_UPLOAD = (
    "DELETE FROM object_deletions WHERE upload_id = $1 AND attempts = 0 RETURNING upload_id"
)
COUNT_DUE = "SELECT count(*) FROM object_deletions WHERE due_at <= now()"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Where an object is."""

    bucket: str
    key: str


class ObjectLostError(Exception):
    """The object's intent has fallen due: the object may be gone and nothing may refer to it."""


def intend(
    session: AsyncSession,
    tenant_id: UUID,
    stored: StoredObject,
    *,
    due_at: datetime,
    upload_id: UUID | None = None,
) -> UUID:
    """Delete the object at `due_at`, together with its upload if that is still unused then."""
    intent = ObjectDeletion(
        tenant_id=tenant_id,
        bucket=stored.bucket,
        object_key=stored.key,
        due_at=due_at,
        upload_id=upload_id,
    )
    session.add(intent)
    return intent.id


async def withdraw(session: AsyncSession, intent_ids: Iterable[UUID]) -> None:
    """Keep the objects after all, because a row owns them now; ObjectLostError if it is too late."""
    wanted = list(intent_ids)
    withdrawn = await session.exec(
        delete(ObjectDeletion)
        .where(col(ObjectDeletion.id).in_(wanted), col(ObjectDeletion.attempts) == 0)
        .returning(col(ObjectDeletion.id))
    )
    if len(withdrawn.all()) != len(wanted):
        raise ObjectLostError


async def due(claims: asyncpg.Connection) -> list[tuple[UUID, UUID]]:
    """Tenant and id of intents that are due, the oldest first; `claims` is the claim role's."""
    return [(row["tenant_id"], row["id"]) for row in await claims.fetch(DUE, BATCH)]


async def count_due(claims: asyncpg.Connection) -> int:
    """How many intents are due."""
    return int(await claims.fetchval(COUNT_DUE))


async def begin(session: AsyncSession, intent_id: UUID) -> ObjectDeletion | None:
    """Mark a due intent as being carried out; None if it was withdrawn or another took it."""
    found = await session.exec(
        select(ObjectDeletion)
        .where(col(ObjectDeletion.id) == intent_id, col(ObjectDeletion.due_at) <= utc_now())
        .with_for_update(skip_locked=True)
    )
    intent = found.one_or_none()
    if intent is not None:
        intent.attempts = min(intent.attempts + 1, 1000)
        intent.due_at = utc_now() + RETRY
    return intent


async def finish(session: AsyncSession, intent_id: UUID) -> None:
    """The object is gone."""
    await session.exec(delete(ObjectDeletion).where(col(ObjectDeletion.id) == intent_id))
