"""What is done about uploads later: reserving their bytes, and looking whether they were filled."""

from datetime import timedelta
from uuid import UUID

from stagify.tasks.kinds import Kind, Kinds, Task, TryAgainError
from staging_svc.parts import Parts
from staging_svc.uploads import service

# Reserved soon after usage-svc is back.
LONGEST_WAIT = timedelta(seconds=30)


def upload_kinds(parts: Parts) -> Kinds:
    """The tasks about uploads; they are never given up."""

    async def look(task: Task) -> None:
        await service.end_if_empty(parts, task.tenant_id, UUID(task.payload["upload_id"]))

    async def reserve(task: Task) -> None:
        upload_id = UUID(task.payload["upload_id"])
        if not await service.reserve_later(parts, task.tenant_id, upload_id):
            raise TryAgainError("usage-svc does not answer")

    return {
        service.LOOK: Kind(handler=look),
        service.RESERVE: Kind(
            handler=reserve, first_wait=timedelta(seconds=5), longest_wait=LONGEST_WAIT
        ),
    }
