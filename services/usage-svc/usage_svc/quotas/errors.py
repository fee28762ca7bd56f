"""Why nothing can be reserved."""

from datetime import datetime

from stagify.errors import ConflictError, InvalidInputError, PaymentRequiredError


class QuotaExceededError(PaymentRequiredError):
    """The plan's quota for this is used up."""

    code = "quota_exceeded"

    def __init__(
        self, *, meter: str, used: int, reserved: int, limit: int, resets_at: datetime | None
    ) -> None:
        super().__init__(
            meter=meter,
            used=used,
            reserved=reserved,
            limit=limit,
            resets_at=resets_at.isoformat().replace("+00:00", "Z") if resets_at else None,
        )


class UnknownMeterError(InvalidInputError):
    """There is no such meter."""

    code = "unknown_meter"


class ReservationMismatchError(ConflictError):
    """This reservation exists with another meter or quantity."""

    code = "reservation_mismatch"


class ReservationReleasedError(ConflictError):
    """This reservation has been given back; make a new one."""

    code = "reservation_released"
