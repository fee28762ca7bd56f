"""How often something may be tried: sliding windows in the database, shared by all processes.

A window is two counters, this period's and the last one's, of which the part that still
overlaps the window counts. One statement counts or refuses, so parallel attempts cannot pass
together; a refused attempt is not counted, so waiting always helps.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from sqlalchemy import LargeBinary, delete, text
from sqlmodel import Field, col
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.tables import IdentityTable, instant
from stagify.clock import utc_now
from stagify.errors import RateLimitedError
from stagify.personal import Personal

SECOND = timedelta(seconds=1)

Scope = Literal[
    # Sign-ups of one address in an hour and in a day; of all addresses in an hour.
    "signup_address_hour",
    "signup_address_day",
    "signup_all_hour",
    # Log-in attempts at one account, and at one tenant.
    "login_account",
    "login_tenant",
]


class Throttle(IdentityTable, table=True):
    """One counted subject in one scope."""

    __tablename__ = "throttles"

    scope: str = Field(primary_key=True)
    # Keyed hash of what is counted: no address stands here.
    subject: Annotated[bytes, Personal] = Field(primary_key=True, sa_type=LargeBinary)
    period_started_at: datetime = instant(index=True)
    count: int = 1
    previous_count: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `maximum` attempts by `subject` in any `window`."""

    scope: Scope
    subject: bytes
    maximum: int
    window: timedelta


class TooManyAttemptsError(RateLimitedError):
    """Too many attempts: wait before the next one."""

    code = "too_many_attempts"


# Without the cast the driver takes the factor for an integer, as the count it multiplies is one.
# An attempt of an older period than the row's comes from a process whose clock is behind.
_COUNT = text(
    """
    INSERT INTO throttles AS t (scope, subject, period_started_at, count, previous_count)
    VALUES (:scope, :subject, :period, 1, 0)
    ON CONFLICT (scope, subject) DO UPDATE SET
        period_started_at = greatest(t.period_started_at, excluded.period_started_at),
        previous_count = CASE
            WHEN t.period_started_at >= excluded.period_started_at THEN t.previous_count
            WHEN t.period_started_at = :last_period THEN t.count
            ELSE 0 END,
        count = CASE
            WHEN t.period_started_at >= excluded.period_started_at THEN t.count + 1
            ELSE 1 END
    WHERE CASE
            WHEN t.period_started_at >= excluded.period_started_at
                THEN t.previous_count * CAST(:overlap AS double precision) + t.count
            WHEN t.period_started_at = :last_period
                THEN t.count * CAST(:overlap AS double precision)
            ELSE 0 END < :maximum
    RETURNING count
    """
)


async def count_attempt(session: AsyncSession, *limits: Limit, now: datetime | None = None) -> None:
    """Count one attempt under each of `limits`, or raise TooManyAttemptsError.

    The error has to leave the transaction, so that a refused attempt counts under none of them.
    Always name the limits from the narrowest to the widest: rows are locked in that order.
    """
    now = now or utc_now()
    for limit in limits:
        period = _period(now, limit.window)
        parameters = {
            "scope": limit.scope,
            "subject": limit.subject,
            "period": period,
            "last_period": period - limit.window,
            "overlap": 1 - (now - period) / limit.window,
            "maximum": limit.maximum,
        }
        connection = await session.connection()
        if (await connection.execute(_COUNT, parameters)).first() is None:
            raise TooManyAttemptsError(retry_after=await _wait_seconds(session, limit, now))


async def forget_attempts(session: AsyncSession, scope: Scope, subject: bytes) -> None:
    """Start over: the subject has proved who it is."""
    await session.exec(
        delete(Throttle).where(col(Throttle.scope) == scope, col(Throttle.subject) == subject)
    )


def _period(now: datetime, window: timedelta) -> datetime:
    seconds = window.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


async def _wait_seconds(session: AsyncSession, limit: Limit, now: datetime) -> int:
    row = await session.get_one(Throttle, (limit.scope, limit.subject))
    started = row.period_started_at
    old, new = row.previous_count, row.count
    if now - started >= limit.window:
        started, old, new = started + limit.window, row.count, 0
    if new >= limit.maximum:
        # This period alone is full: it has to fade during the next one.
        started, old, new = started + limit.window, new, 0
    # Solve old * (1 - elapsed / window) + new < maximum for the elapsed time; not in floats, which
    # would make 719.99 seconds of 720, a second too few.
    elapsed = limit.window * (old + new - limit.maximum) / old
    # At that very moment it is still exactly full: one second more.
    return max(1, (started - now + elapsed) // SECOND + 1)
