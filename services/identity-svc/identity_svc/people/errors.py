"""What can go wrong with passwords."""

from stagify.errors import InvalidInputError, RateLimitedError


class BusyError(RateLimitedError):
    """Too many people are logging in at this moment: try again in a second."""

    code = "busy"


class WeakPasswordError(InvalidInputError):
    """This password is too easy to guess: choose another one."""

    code = "weak_password"
