"""What can go wrong with accounts and passwords."""

from stagify.errors import ConflictError, InvalidInputError, RateLimitedError


class BusyError(RateLimitedError):
    """Too many people are logging in right now: try again in a second."""

    code = "busy"


class AccountExistsError(ConflictError):
    """An account with this address already exists: confirm with its password."""

    code = "account_exists"


class WeakPasswordError(InvalidInputError):
    """This password is too easy to guess: choose another one."""

    code = "weak_password"
