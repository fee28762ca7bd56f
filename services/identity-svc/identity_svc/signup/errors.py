"""What can go wrong on the way to an account."""

from stagify.errors import (
    ConflictError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    UnauthorizedError,
)


class SlugTakenError(ConflictError):
    """Someone else has this name: choose another one."""

    code = "slug_taken"


class SlugReservedError(InvalidInputError):
    """This name is kept for the platform: choose another one."""

    code = "slug_reserved"


class SlugInvalidError(InvalidInputError):
    """This name cannot be part of an address."""

    code = "slug_invalid"


class SignupNotFoundError(NotFoundError):
    """There is no such sign-up, or it was long ago: sign up again."""

    code = "signup_not_found"


class SignupExpiredError(GoneError):
    """This sign-up has expired: sign up again for a new code."""

    code = "signup_expired"


class CodeExhaustedError(GoneError):
    """Too many wrong codes: sign up again for a new one."""

    code = "code_exhausted"


class InvalidCodeError(UnauthorizedError):
    """This is not the code of the latest mail."""

    code = "invalid_code"


class AccountExistsError(ConflictError):
    """There is an account with this address already: log in instead."""

    code = "account_exists"


class AlreadyConfirmedError(ConflictError):
    """This sign-up was confirmed with another password: log in with that one."""

    code = "already_confirmed"
