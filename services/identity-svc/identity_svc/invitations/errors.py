"""What can go wrong with invitations."""

from stagify.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    Members,
    NotFoundError,
    RateLimitedError,
)


class InvitationNotFoundError(NotFoundError):
    """This invitation does not exist."""

    code = "invitation_not_found"


class InvitationLinkNotFoundError(NotFoundError):
    """This link does not exist."""

    code = "invitation_link_not_found"


class InvitationClosedError(ConflictError):
    """This invitation is not pending any more: what became of it is final."""

    code = "invitation_closed"


class InvitationInvalidError(GoneError):
    """This invitation is not valid any more: ask for a new one."""

    code = "invitation_invalid"


class InvitationExpiredError(GoneError):
    """This invitation has expired: ask for a new one."""

    code = "invitation_expired"


class InvitationUsedError(GoneError):
    """This invitation was used already."""

    code = "invitation_used"


class InvitationForAnotherError(ForbiddenError):
    """This invitation is for another address than that of your account: log in with the account that it
    was sent to."""

    code = "invitation_for_another"


class DomainNotAllowedError(ForbiddenError):
    """This link is for addresses of certain domains only."""

    code = "domain_not_allowed"


class TooManyInvitationsError(RateLimitedError):
    """This workspace has sent as many invitations as it may in a day."""

    code = "too_many_invitations"
    example = Members(limit=50)


class RoleNotInvitableError(InvalidInputError):
    """Nobody is invited as an owner: invite them with another role, then hand it over."""

    code = "role_not_invitable"


class ExpiryOutOfRangeError(InvalidInputError):
    """A link must end in the future, and not more than 30 days from now."""

    code = "expiry_out_of_range"
