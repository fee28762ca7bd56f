"""What can go wrong with a second factor."""

from stagify.errors import ConflictError, ForbiddenError, GoneError, NotFoundError


class WrongCodeError(ForbiddenError):
    """This code is not right, or was used already: take the next one, and check the clock of your phone."""

    # Not 401: a session that asks for a code is valid, and pages take a 401 for its end.
    code = "wrong_code"


class WrongPasskeyError(ForbiddenError):
    """This passkey is not known here any more: remove it from your password manager, and log in another
    way."""

    code = "wrong_passkey"


class ChallengeInvalidError(GoneError):
    """This took too long, was done already, or was begun in another browser: start again."""

    code = "challenge_invalid"


class PasskeyExistsError(ConflictError):
    """This device already has a passkey of yours."""

    code = "passkey_exists"


class PasskeyNotFoundError(NotFoundError):
    """You have no such passkey."""

    code = "passkey_not_found"
