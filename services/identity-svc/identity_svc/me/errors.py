"""What can go wrong with one's own account."""

from stagify.errors import ForbiddenError, NotFoundError


class WrongPasswordError(ForbiddenError):
    """This is not your present password."""

    # Not 401: the session is valid, and pages take a 401 for its end.
    code = "wrong_password"


class OwnSessionNotFoundError(NotFoundError):
    """You have no such session; it may have ended already."""

    code = "session_not_found"
