"""What can go wrong on the way to an account."""

from stagify.errors import (
    ConflictError,
    GoneError,
    NotFoundError,
    UnauthorizedError,
)


class SignupNotFoundError(NotFoundError):
    """This sign-up does not exist or is too old: sign up again."""

    code = "signup_not_found"


class SignupExpiredError(GoneError):
    """This sign-up has expired: sign up again for a new code."""

    code = "signup_expired"


class CodeExhaustedError(GoneError):
    """Too many wrong codes: sign up again for a new one."""

    code = "code_exhausted"


class InvalidCodeError(UnauthorizedError):
    """This is not the code of this sign-up: each mail has a code for the request that it answers."""

    code = "invalid_code"


class AlreadyConfirmedError(ConflictError):
    """This sign-up was confirmed with a different password: log in with that one."""

    code = "already_confirmed"
