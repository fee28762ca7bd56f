"""What can go wrong with another address."""

from stagify.errors import ConflictError, ForbiddenError, GoneError


class EmailUnchangedError(ConflictError):
    """This is your address already."""

    code = "email_unchanged"


class EmailTakenError(ConflictError):
    """This address has got an account meanwhile."""

    code = "email_taken"


class EmailCodeInvalidError(ForbiddenError):
    """This is not the code of the mail to your new address."""

    code = "wrong_email_code"


class EmailChangeInvalidError(GoneError):
    """This change of your address is over: begin it again."""

    code = "email_change_invalid"


class UndoLinkInvalidError(GoneError):
    """This link is not valid any more."""

    code = "undo_link_invalid"
