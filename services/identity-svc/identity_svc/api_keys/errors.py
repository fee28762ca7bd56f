"""What can go wrong with API keys."""

from stagify.errors import ConflictError, InvalidInputError, NotFoundError


class ApiKeyNotFoundError(NotFoundError):
    """There is no such API key."""

    code = "api_key_not_found"


class ScopeNotAllowedError(InvalidInputError):
    """A key may do no more than who creates it."""

    code = "scope_not_allowed"


class ExpiryInPastError(InvalidInputError):
    """A key has to expire in the future."""

    code = "expiry_in_past"


class TooManyApiKeysError(ConflictError):
    """This workspace has as many API keys as it may have: revoke one first."""

    code = "too_many_api_keys"
