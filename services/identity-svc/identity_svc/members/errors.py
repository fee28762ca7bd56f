"""What can go wrong with members."""

from stagify.errors import ConflictError, NotFoundError


class MemberNotFoundError(NotFoundError):
    """This member does not exist."""

    code = "member_not_found"


class LastOwnerError(ConflictError):
    """A workspace keeps at least one owner: make somebody else an owner first."""

    code = "last_owner"
