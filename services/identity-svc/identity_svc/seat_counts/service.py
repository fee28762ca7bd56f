"""Once a day the seats that usage-svc has counted are compared with the members that there are.

Each change of a membership is one event in its transaction, so there is nothing to find. If there is, events
may be under way: only a difference that is the same after a while is corrected, once.
"""

import logging
from datetime import timedelta
from random import uniform

from prometheus_client import Counter

from identity_svc.members.service import count_members
from identity_svc.parts import Parts
from identity_svc.seats.service import METER, correct_seats
from identity_svc.tenants.service import in_each_tenant, lock_tenant
from stagify.calls.usage import read_level
from stagify.clock import utc_now
from stagify.database import Session
from stagify.tasks.kinds import Task
from stagify.tasks.queue import enqueue

logger = logging.getLogger(__name__)

CORRECTED = Counter(
    "stagify_identity_seats_corrected", "Tenants whose seats were counted wrong, and corrected."
)

COMPARE, CORRECT = "seats.compare", "seats.correct"
# The comparisons of a day are spread over this long, so that they do not meet.
SPREAD = timedelta(hours=1)
# Longer than events are under way, but for the worst of days.
SETTLING = timedelta(hours=6)


async def compare_all(parts: Parts) -> None:
    """Have every tenant's seats compared within the next hour."""

    async def compare_later(session: Session) -> None:
        due_at = utc_now() + SPREAD * uniform(0, 1)
        await enqueue(session, COMPARE, key=str(session.info["tenant_id"]), due_at=due_at)

    await in_each_tenant(parts.database, compare_later)


async def compare(parts: Parts, task: Task) -> None:
    """Compare one tenant's seats; a difference is looked at again later."""
    counted = await read_level(parts.usage_svc, task.tenant_id, METER)
    async with task.transaction() as session:
        difference = await count_members(session) - counted
        if difference:
            await enqueue(
                session,
                CORRECT,
                {"difference": difference},
                key=str(task.tenant_id),
                due_at=utc_now() + SETTLING,
            )


async def correct(parts: Parts, task: Task) -> None:
    """Correct a difference that is what it was."""
    counted = await read_level(parts.usage_svc, task.tenant_id, METER)
    async with task.transaction() as session:
        await lock_tenant(session, task.tenant_id)
        await _correct(session, task, counted)
        await task.complete(session)


async def _correct(session: Session, task: Task, counted: int) -> None:
    difference = await count_members(session) - counted
    if difference != task.payload["difference"]:
        return
    correct_seats(session, tenant_id=task.tenant_id, change=difference)
    CORRECTED.inc()
    logger.warning("seats.corrected", extra={"difference": difference})
