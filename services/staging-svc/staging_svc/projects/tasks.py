"""What is done about deleted projects later."""

from datetime import timedelta
from uuid import UUID

from stagify.tasks.kinds import Kind, Kinds, Task
from staging_svc.parts import Parts
from staging_svc.projects import trash


def project_kinds(parts: Parts) -> Kinds:
    """The tasks about projects; they are never given up."""
    kept = timedelta(days=parts.settings.trash_days)

    async def purge(task: Task) -> None:
        async with task.transaction() as session:
            await trash.purge_trashed(session, UUID(task.payload["project_id"]), kept=kept)
            await task.complete(session)

    async def forget(task: Task) -> None:
        async with task.transaction() as session:
            await trash.forget_project(session, UUID(task.payload["project_id"]))
            await task.complete(session)

    return {trash.PURGE: Kind(handler=purge), trash.FORGET: Kind(handler=forget)}
