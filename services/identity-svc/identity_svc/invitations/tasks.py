"""Wishes for an invitation, answered a moment later."""

from datetime import timedelta
from uuid import UUID

from identity_svc.invitations.asks import TASK, answer_ask
from stagify.tasks.kinds import Kind, Kinds, Task


async def answer(task: Task) -> None:
    """Answer one wish, once."""
    async with task.transaction() as session:
        await answer_ask(session, UUID(task.payload["ask_id"]))
        await task.complete(session)


def invitation_kinds() -> Kinds:
    """The task that answers wishes."""
    return {TASK: Kind(handler=answer, give_up_after=timedelta(hours=1))}
