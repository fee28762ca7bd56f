"""What can go wrong with API keys."""

from stagify.errors import ConflictError, InvalidInputError, Members, NotFoundError


class ApiKeyNotFoundError(NotFoundError):
    """This API key does not exist."""

    code = "api_key_not_found"


class ScopeNotAllowedError(InvalidInputError):
    """A key cannot do more than whom it acts for."""

    code = "scope_not_allowed"
    example = Members(scopes=["members:manage"])


class ExpiryInPastError(InvalidInputError):
    """A key must expire in the future."""

    code = "expiry_in_past"


class ApiKeyRotatedError(ConflictError):
    """This API key has been replaced already: change the new one."""

    code = "api_key_rotated"


class TooManyApiKeysError(ConflictError):
    """This workspace has reached its limit of API keys: revoke one first."""

    code = "too_many_api_keys"
    example = Members(limit=20)
