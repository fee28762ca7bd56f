"""Where objects are, and intents to delete them, which are written first and carried out later; to do
that again is harmless.

An intent is a task. It is committed before an object can exist, and withdrawn when a row owns the
object, so a crash in between leaves an intent, but never an object without an owner. Once the deletion
has begun, the intent can no longer be withdrawn.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stagify.database import Session
from stagify.tasks import queue
from staging_svc.objects import queries
from staging_svc.objects.store import StorageUnavailableError

# The kind of the tasks that delete objects.
DELETE_OBJECT = "object.delete"

# The refusal of whatever needs the store.
STORE_ERRORS = (StorageUnavailableError,)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Where an object is."""

    bucket: str
    key: str


def upload_key(tenant_id: UUID, upload_id: UUID) -> str:
    """Where a client's upload goes."""
    return f"tenants/{tenant_id}/uploads/{upload_id}"


def image_key(tenant_id: UUID, project_id: UUID, image_id: UUID, extension: str = "jpg") -> str:
    """Where a derived image goes. The id is new for each attempt, so nothing is overwritten."""
    return f"tenants/{tenant_id}/projects/{project_id}/{image_id}.{extension}"


class ObjectLostError(Exception):
    """The object's intent has fallen due: the object may be deleted already, so no row may refer to it."""


async def intend(
    session: Session, stored: StoredObject, *, due_at: datetime, upload_id: UUID | None = None
) -> None:
    """Delete the object, and the discarded upload if it belongs to one, at `due_at`, whatever happens."""
    payload = _payload(stored)
    if upload_id is not None:
        payload["upload_id"] = str(upload_id)
    await queue.enqueue(session, DELETE_OBJECT, payload, due_at=due_at)


async def intend_unless_owned(session: Session, stored: StoredObject, *, due_at: datetime) -> None:
    """Delete the object at `due_at` unless `withdraw` says before that a row owns it."""
    await queue.enqueue(session, DELETE_OBJECT, _payload(stored), key=stored.key, due_at=due_at)


async def intend_unless_used(
    session: Session, stored: StoredObject, upload_id: UUID, *, due_at: datetime
) -> None:
    """Delete the object of an upload, and the upload, at `due_at` unless a project uses it."""
    payload = {**_payload(stored), "upload_id": str(upload_id)}
    await queue.enqueue(session, DELETE_OBJECT, payload, key=str(upload_id), due_at=due_at)


async def withdraw_unused(session: Session, upload_id: UUID) -> bool:
    """Withdraw the intent to delete an unused upload; False if a project uses it or the deletion has
    begun."""
    return await queue.withdraw(session, DELETE_OBJECT, str(upload_id))


async def withdraw(session: Session, stored: StoredObject) -> None:
    """Keep the object, because a row owns it now; ObjectLostError if it is too late."""
    if not await queue.withdraw(session, DELETE_OBJECT, stored.key):
        raise ObjectLostError


async def intended(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` that have an intent in this tenant."""
    return await queries.find_intended(session, DELETE_OBJECT, keys)


def _payload(stored: StoredObject) -> dict[str, str]:
    return {"bucket": stored.bucket, "object_key": stored.key}
