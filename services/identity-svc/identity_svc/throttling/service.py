"""How often something may be tried: sliding windows in the database, shared by all processes.

A window has two counters: this period's, and the last one's, which counts in proportion to how much of
that period still overlaps the window. One statement counts or refuses, so parallel attempts cannot
exceed a limit together; a refused attempt is not counted, so waiting always helps.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from identity_svc.throttling import queries
from identity_svc.throttling.models import Throttle
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import RateLimitedError

SECOND = timedelta(seconds=1)
# Longer than any window, so older rows no longer count.
MEMORY = timedelta(days=2)

Scope = Literal[
    # Sign-ups of one address in an hour and in a day; of all addresses in an hour.
    "signup_address_hour",
    "signup_address_day",
    "signup_all_hour",
    # Log-in attempts at one account, and at one tenant.
    "login_account",
    "login_tenant",
]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `maximum` attempts by `subject` in any `window`."""

    scope: Scope
    subject: bytes
    maximum: int
    window: timedelta


class TooManyAttemptsError(RateLimitedError):
    """Too many attempts: wait before you try again."""

    code = "too_many_attempts"


async def count_attempt(session: Session, *limits: Limit, now: datetime | None = None) -> None:
    """Count one attempt under each of `limits`, or raise TooManyAttemptsError.

    The error has to leave the transaction, so that a refused attempt counts under none of them.
    Always name the limits from the narrowest to the widest: rows are locked in that order.
    """
    now = now or utc_now()
    for limit in limits:
        period = _period(now, limit.window)
        is_counted = await queries.count(
            session,
            scope=limit.scope,
            subject=limit.subject,
            period=period,
            last_period=period - limit.window,
            overlap=1 - (now - period) / limit.window,
            maximum=limit.maximum,
        )
        if not is_counted:
            raise TooManyAttemptsError(retry_after=await _wait_seconds(session, limit, now))


async def forget_attempts(session: Session, scope: Scope, subject: bytes) -> None:
    """Count from zero again, because the subject has proved who it is."""
    await queries.delete_attempts(session, scope, subject)


async def forget_old_attempts(session: Session, limit: int) -> None:
    """Delete up to `limit` counts that are older than any window."""
    await queries.delete_old(session, before=utc_now() - MEMORY, limit=limit)


def _period(now: datetime, window: timedelta) -> datetime:
    seconds = window.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


async def _wait_seconds(session: Session, limit: Limit, now: datetime) -> int:
    row = await session.get_one(Throttle, (limit.scope, limit.subject))
    started = row.period_started_at
    old, new = row.previous_count, row.count
    if now - started >= limit.window:
        started, old, new = started + limit.window, row.count, 0
    if new >= limit.maximum:
        # This period alone reaches the limit, so it has to fade during the next one.
        started, old, new = started + limit.window, new, 0
    # Solve old * (1 - elapsed / window) + new < maximum for the elapsed time; not in floats, which
    # would make 719.99 seconds of 720, a second too few.
    elapsed = limit.window * (old + new - limit.maximum) / old
    # At that very moment the limit is still exactly reached, so wait one second more.
    return max(1, (started - now + elapsed) // SECOND + 1)
