"""What can go wrong at log-in."""

from stagify.errors import UnauthorizedError


class InvalidCredentialsError(UnauthorizedError):
    """This address and password do not match a member of this workspace."""

    code = "invalid_credentials"
