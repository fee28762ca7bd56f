"""What can go wrong with lost factors."""

from stagify.errors import ConflictError, ForbiddenError, NotFoundError


class NoFactorsError(ConflictError):
    """This member has no second factor."""

    code = "member_without_factor"


class OwnFactorsError(ForbiddenError):
    """Ask another owner, or take your own factors away in your account."""

    code = "own_factors"


class FactorResetNotFoundError(NotFoundError):
    """Nobody has asked to take the second factors away."""

    code = "factor_reset_not_found"
