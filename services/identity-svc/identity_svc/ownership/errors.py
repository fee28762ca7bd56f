"""What can go wrong while ownership is handed over."""

from stagify.errors import ConflictError, ForbiddenError, NotFoundError


class TransferNotFoundError(NotFoundError):
    """This transfer of ownership does not exist."""

    code = "transfer_not_found"


class TransferOpenError(ConflictError):
    """Ownership is being handed over already: cancel that first."""

    code = "transfer_open"


class TransferObsoleteError(ConflictError):
    """This transfer is not open any more, or one of the two has another role since: begin a new one."""

    code = "transfer_obsolete"


class TransferForAnotherError(ForbiddenError):
    """Only the one who was asked can confirm this, and only they or an owner can end it."""

    code = "transfer_for_another"


class AlreadyOwnerError(ConflictError):
    """This member is an owner already."""

    code = "already_owner"
