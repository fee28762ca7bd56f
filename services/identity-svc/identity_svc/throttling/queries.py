"""SQL of counted attempts."""

from datetime import datetime

from sqlalchemy import delete, text, tuple_
from sqlmodel import col, select

from identity_svc.throttling.models import Throttle
from stagify.database import Session

# Without the cast the driver takes the factor for an integer, as the count it multiplies is one.
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
    RETURNING count
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
) -> bool:
    """Count one attempt in `period`; False, and nothing counted, if there were `maximum` of them
    in it and in the share `overlap` of the last one."""
    parameters = {
        "scope": scope,
        "subject": subject,
        "period": period,
        "last_period": last_period,
        "overlap": overlap,
        "maximum": maximum,
    }
    connection = await session.connection()
    return (await connection.execute(COUNT, parameters)).first() is not None


async def delete_attempts(session: Session, scope: str, subject: bytes) -> None:
    """Delete what was counted of this subject in this scope."""
    await session.exec(
        delete(Throttle).where(col(Throttle.scope) == scope, col(Throttle.subject) == subject)
    )


async def delete_old(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` counts of periods that began `before`."""
    key = tuple_(col(Throttle.scope), col(Throttle.subject))
    old = (
        select(Throttle.scope, Throttle.subject)
        .where(col(Throttle.period_started_at) < before)
        .limit(limit)
    )
    await session.execute(delete(Throttle).where(key.in_(old)))
