"""What can go wrong with a step-up."""

from stagify.errors import ForbiddenError


class SecondFactorNeededError(ForbiddenError):
    """You have a second factor: show that instead of the password."""

    code = "second_factor_needed"
