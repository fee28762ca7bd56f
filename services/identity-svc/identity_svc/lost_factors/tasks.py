"""Lost factors, taken away when the day is over."""

from uuid import UUID

from identity_svc.lost_factors.service import TASK, carry_out
from identity_svc.parts import Parts
from stagify.tasks.kinds import Kind, Kinds, Task


class TakeAway:
    """Carries out one wish."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, task: Task) -> None:
        await carry_out(self._parts, task.tenant_id, UUID(task.payload["user_id"]))


def lost_factor_kinds(parts: Parts) -> Kinds:
    """The task that takes factors away."""
    return {TASK: Kind(handler=TakeAway(parts))}
