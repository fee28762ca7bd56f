"""What can go wrong with one's own second factors."""

from stagify.errors import ConflictError, GoneError, NotFoundError


class NoTotpError(NotFoundError):
    """You have no app for codes."""

    code = "totp_not_found"


class SetUpExpiredError(GoneError):
    """This took too long, or was begun before you logged in again: start again."""

    code = "set_up_expired"


class NoFactorError(ConflictError):
    """Set up an app for codes or a passkey first."""

    code = "no_second_factor"
