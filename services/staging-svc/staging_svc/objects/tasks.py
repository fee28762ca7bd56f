"""Deleting objects when their intents fall due."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from stagify.database import Session
from stagify.tasks.kinds import Kind, Kinds, Task
from staging_svc.objects.service import DELETE_OBJECT
from staging_svc.objects.store import Storage

# Deletes the unused upload that belongs to an object.
ForgetUpload = Callable[[Session, UUID], Awaitable[None]]


class DeleteObject:
    """Deletes one object, and also its upload if no project uses it."""

    def __init__(self, storage: Storage, forget_upload: ForgetUpload) -> None:
        self._storage = storage
        self._forget_upload = forget_upload

    async def __call__(self, task: Task) -> None:
        # 1. Delete an unused upload. It is committed already that this task has begun, so from here
        #    on no project can use the object.
        if (upload_id := task.payload.get("upload_id")) is not None:
            async with task.transaction() as session:
                await self._forget_upload(session, UUID(upload_id))
        # 2. Delete the object; the task ends after this. After a crash in between it is deleted
        #    again, which is harmless. If the task ended first, the object could stay for ever.
        await self._storage.delete(task.payload["bucket"], task.payload["object_key"])


def object_kinds(storage: Storage, forget_upload: ForgetUpload) -> Kinds:
    """The tasks that delete objects, which are never given up."""
    handler = DeleteObject(storage, forget_upload)
    return {DELETE_OBJECT: Kind(handler=handler, longest_wait=timedelta(seconds=30))}
