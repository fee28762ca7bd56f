"""What can go wrong with seats."""

from stagify.errors import PaymentRequiredError, UnavailableError


class NoSeatLeftError(PaymentRequiredError):
    """This workspace has no seat left: its owner can add some, or remove somebody."""

    # Not `quota_exceeded`: whoever accepts an invitation is told no figures of the workspace.
    code = "no_seat_left"


class SeatsUnavailableError(UnavailableError):
    """Whether there is a seat left cannot be checked right now: try again soon."""

    code = "seats_unavailable"
