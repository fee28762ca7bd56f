"""What can go wrong with a link for a new password."""

from stagify.errors import GoneError


class ResetLinkInvalidError(GoneError):
    """This link is not valid any more: ask for a new one."""

    code = "reset_link_invalid"
