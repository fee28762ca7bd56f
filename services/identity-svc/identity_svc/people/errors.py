"""What can go wrong with passwords."""

from stagify.errors import InvalidInputError, RateLimitedError


class BusyError(RateLimitedError):
    """Too many people are logging in right now: try again in a second."""

    code = "busy"


class WeakPasswordError(InvalidInputError):
    """This password is too easy to guess: choose another one."""

    code = "weak_password"
