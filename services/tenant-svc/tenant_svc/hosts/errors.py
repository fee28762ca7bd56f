"""Why a name cannot be had."""

from stagify.errors import ConflictError, InvalidInputError


class SlugInvalidError(InvalidInputError):
    """A slug has 3 to 40 characters, a-z, 0-9 and single hyphens, and starts with a letter."""

    code = "slug_invalid"


class SlugReservedError(InvalidInputError):
    """This slug is reserved."""

    code = "slug_reserved"


class SlugTakenError(ConflictError):
    """Someone else has this slug."""

    code = "slug_taken"
