"""What can go wrong with one's own account."""

from stagify.errors import NotFoundError


class OwnSessionNotFoundError(NotFoundError):
    """You have no such session; it may have ended already."""

    code = "session_not_found"
