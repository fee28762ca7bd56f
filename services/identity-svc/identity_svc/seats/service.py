"""Seats: reserved at usage-svc before somebody becomes a member, used by becoming one, given back at the end.

A reservation has an id that follows from what it is for, so a repeated attempt holds no second seat. One
that is not used expires by itself.
"""

from uuid import UUID

from prometheus_client import Counter

from identity_svc.seats.errors import NoSeatLeftError, SeatsUnavailableError
from stagify.calls import usage
from stagify.calls.client import InternalClient
from stagify.database import Session
from stagify.errors import StagifyError
from stagify.events.usage import UsageRecorded
from stagify.outbox import publish

__all__ = [
    "METER",
    "SEAT_ERRORS",
    "NoSeatLeftError",
    "SeatsUnavailableError",
    "correct_seats",
    "count_seat",
    "reserve_seat",
]

SEATS = Counter("stagify_identity_seats", "Seats: reserved, refused, unanswered.", ["outcome"])

METER = "seats"
# Longer than the events of a membership can take while all parts run.
RESERVED_SECONDS = 900

# The refusals of everything that makes somebody a member.
SEAT_ERRORS = (NoSeatLeftError, SeatsUnavailableError)


async def reserve_seat(usage_svc: InternalClient, tenant_id: UUID, reservation_id: UUID) -> None:
    """Hold a seat for somebody who is about to become a member. No transaction may be open meanwhile."""
    wanted = usage.ReservationCreate(
        reservation_id=reservation_id, meter=METER, quantity=1, ttl_seconds=RESERVED_SECONDS
    )
    try:
        await usage.reserve(usage_svc, tenant_id, wanted)
    except usage.QuotaExceededError:
        SEATS.labels("refused").inc()
        raise NoSeatLeftError from None
    except StagifyError as error:
        SEATS.labels("unanswered").inc()
        raise SeatsUnavailableError from error
    SEATS.labels("reserved").inc()


def count_seat(
    session: Session,
    *,
    tenant_id: UUID,
    user_id: UUID,
    change: int,
    reservation_id: UUID | None = None,
) -> None:
    """Count one seat more or one less, in the transaction that begins or ends the membership."""
    publish(
        session,
        UsageRecorded(
            tenant_id=tenant_id,
            meter=METER,
            quantity=change,
            dimensions={"user_id": str(user_id)},
            reservation_id=reservation_id,
        ),
    )


def correct_seats(session: Session, *, tenant_id: UUID, change: int) -> None:
    """Count so many seats more or less, because what was counted is not how many there are."""
    publish(
        session,
        UsageRecorded(
            tenant_id=tenant_id,
            meter=METER,
            quantity=change,
            dimensions={"reason": "comparison"},
        ),
    )
