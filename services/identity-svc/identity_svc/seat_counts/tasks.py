"""Comparing seats, and correcting what was counted wrong."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from identity_svc.parts import Parts
from identity_svc.seat_counts.service import COMPARE, CORRECT, compare, correct
from stagify.errors import StagifyError
from stagify.tasks.kinds import Kind, Kinds, Task, TryAgainError


class Step:
    """Does a step with the worker's parts; while usage-svc does not answer, it is tried again."""

    def __init__(self, parts: Parts, work: Callable[[Parts, Task], Awaitable[None]]) -> None:
        self._parts = parts
        self._work = work

    async def __call__(self, task: Task) -> None:
        try:
            await self._work(self._parts, task)
        except StagifyError as error:
            raise TryAgainError(error.code) from error


def seat_count_kinds(parts: Parts) -> Kinds:
    """The tasks that look at seats."""
    return {
        COMPARE: Kind(handler=Step(parts, compare), give_up_after=timedelta(hours=12)),
        CORRECT: Kind(handler=Step(parts, correct), give_up_after=timedelta(hours=12)),
    }
