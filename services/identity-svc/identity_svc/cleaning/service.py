"""Deleting what is over, a bounded batch at a time.

Tables without a tenant are cleaned at once. Sessions and keys are under row-level security, and
no role here may see across tenants: the cleaner goes from tenant to tenant, some at each turn.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.api_keys.service import forget_dead
from identity_svc.sessions.service import forget_expired
from identity_svc.signup.queries import forget_signups
from identity_svc.tenants.service import tenants_after
from identity_svc.throttling.service import Throttle
from stagify.clock import utc_now
from stagify.database import Database

BATCH_ROWS = 1_000
TENANTS_PER_TURN = 100
# Longer than any window: an older row counts for nothing.
THROTTLE_LIFE = timedelta(days=2)

_FIRST = UUID(int=0)


class Cleaner:
    """Remembers which tenant it has come to."""

    def __init__(self, database: Database, *, tenants_per_turn: int = TENANTS_PER_TURN) -> None:
        self._database = database
        self._tenants_per_turn = tenants_per_turn
        self._last_tenant = _FIRST

    async def run_once(self) -> None:
        """One turn."""
        async with self._database.system() as session:
            await forget_signups(session, BATCH_ROWS)
            await _forget_throttles(session, BATCH_ROWS)
            tenants = await tenants_after(session, self._last_tenant, self._tenants_per_turn)
        for tenant_id in tenants:
            async with self._database.tenant(tenant_id) as session:
                await forget_expired(session, BATCH_ROWS)
                await forget_dead(session, BATCH_ROWS)
        # A short turn was the last one: begin again.
        is_last = len(tenants) < self._tenants_per_turn
        self._last_tenant = _FIRST if is_last else tenants[-1]


async def _forget_throttles(session: AsyncSession, limit: int) -> None:
    key = tuple_(col(Throttle.scope), col(Throttle.subject))
    old = (
        select(Throttle.scope, Throttle.subject)
        .where(col(Throttle.period_started_at) < utc_now() - THROTTLE_LIFE)
        .limit(limit)
    )
    await session.execute(delete(Throttle).where(key.in_(old)))
