"""Deleting objects as they fall due."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from stagify.database import Session
from stagify.tasks.kinds import Kind, Kinds, Task
from staging_svc.objects.service import DELETE_OBJECT
from staging_svc.objects.store import Storage

# Takes away the unused upload that goes with an object.
ForgetUpload = Callable[[Session, UUID], Awaitable[None]]


class DeleteObject:
    """Deletes one object, and its upload if no project uses that."""

    def __init__(self, storage: Storage, forget_upload: ForgetUpload) -> None:
        self._storage = storage
        self._forget_upload = forget_upload

    async def __call__(self, task: Task) -> None:
        # 1. Take away an unused upload. That this task has begun is committed, so from here on no
        #    project can use the object.
        if (upload_id := task.payload.get("upload_id")) is not None:
            async with task.transaction() as session:
                await self._forget_upload(session, UUID(upload_id))
        # 2. Delete the object; the task ends after this. A crash in between deletes it again: that
        #    is harmless. Before this it would stay for ever.
        await self._storage.delete(task.payload["bucket"], task.payload["object_key"])


def object_kinds(storage: Storage, forget_upload: ForgetUpload) -> Kinds:
    """The tasks that delete objects; none is ever given up."""
    handler = DeleteObject(storage, forget_upload)
    return {DELETE_OBJECT: Kind(handler=handler, longest_wait=timedelta(seconds=30))}
