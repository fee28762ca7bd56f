"""SQL of counted attempts, and of failures."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select

from identity_svc.throttling.models import Backoff, Throttle
from stagify.database import Session

# Without the casts the driver takes the factor for an integer, as the count it multiplies is one.
# If an attempt's period is older than the row's, the clock of its process is slow.
COUNT = text(
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
    RETURNING count + CAST(previous_count * CAST(:overlap AS double precision) AS integer)
    """
)


async def count(
    session: Session,
    *,
    scope: str,
    subject: bytes,
    period: datetime,
    last_period: datetime,
    overlap: float,
    maximum: int,
) -> int | None:
    """Count one attempt in `period`, and return how many there are now, it and the share `overlap` of
    the last one's included; None, and nothing counted, if there were `maximum` of them before."""
    parameters = {
        "scope": scope,
        "subject": subject,
        "period": period,
        "last_period": last_period,
        "overlap": overlap,
        "maximum": maximum,
    }
    connection = await session.connection()
    counted: int | None = (await connection.execute(COUNT, parameters)).scalar_one_or_none()
    return counted


async def uncount(session: Session, scope: str, subject: bytes, period: datetime) -> None:
    """Count one attempt less in `period`, if it is still the current one."""
    await session.execute(
        update(Throttle)
        .where(
            col(Throttle.scope) == scope,
            col(Throttle.subject) == subject,
            col(Throttle.period_started_at) == period,
            col(Throttle.count) > 0,
        )
        .values(count=col(Throttle.count) - 1)
    )


async def delete_old(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` counts of periods that began `before`, and as many failures of then."""
    key = tuple_(col(Throttle.scope), col(Throttle.subject))
    old = (
        select(Throttle.scope, Throttle.subject)
        .where(col(Throttle.period_started_at) < before)
        .limit(limit)
    )
    await session.execute(delete(Throttle).where(key.in_(old)))
    over = select(Backoff.subject).where(col(Backoff.last_failed_at) < before).limit(limit)
    await session.execute(delete(Backoff).where(col(Backoff.subject).in_(over)))


async def add_failure(
    session: Session, subject: bytes, *, now: datetime, forgotten: datetime
) -> tuple[int, datetime]:
    """Add one failure, now. The result is what was there before: how many, and when the last was;
    those before `forgotten` do not count. The row stays locked until the transaction ends."""
    statement = insert(Backoff).values(subject=subject, failures=0, last_failed_at=now)
    # This changes nothing; only an update returns and locks the existing row.
    statement = statement.on_conflict_do_update(
        index_elements=[col(Backoff.subject)], set_={"subject": statement.excluded.subject}
    )
    found = await session.execute(
        statement.returning(col(Backoff.failures), col(Backoff.last_failed_at))
    )
    failures, last = found.one()
    if last < forgotten:
        failures = 0
    await session.execute(
        update(Backoff)
        .where(col(Backoff.subject) == subject)
        .values(
            failures=failures + 1,
            last_failed_at=func.greatest(col(Backoff.last_failed_at), now),
        )
    )
    return failures, last


async def put_back(session: Session, subject: bytes, failures: int, last: datetime) -> None:
    """Undo the failure that was added to so many `failures`, unless there were others since."""
    await session.execute(
        update(Backoff)
        .where(col(Backoff.subject) == subject, col(Backoff.failures) == failures + 1)
        .values(failures=failures, last_failed_at=last)
    )


async def delete_failures(session: Session, subjects: Collection[bytes]) -> None:
    """Delete what is known of these guessers."""
    await session.execute(delete(Backoff).where(col(Backoff.subject).in_(subjects)))
