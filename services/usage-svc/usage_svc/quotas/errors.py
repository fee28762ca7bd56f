"""Refusals about reservations."""

from stagify.errors import ConflictError, InvalidInputError, Members


class UnknownMeterError(InvalidInputError):
    """This meter does not exist."""

    code = "unknown_meter"
    example = Members(meter="photos", meters=["staging"])


class ReservationMismatchError(ConflictError):
    """This reservation exists with another meter or quantity."""

    code = "reservation_mismatch"


class ReservationReleasedError(ConflictError):
    """This reservation has been released: make a new one."""

    code = "reservation_released"
