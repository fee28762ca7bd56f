"""Refusals about plans."""

from stagify.errors import InvalidInputError, Members, NotFoundError


class UnknownPlanError(InvalidInputError):
    """This plan does not exist."""

    code = "unknown_plan"
    example = Members(plan="gold", plans=["free"])


class SubscriptionNotFoundError(NotFoundError):
    """This tenant is not known here."""

    code = "subscription_not_found"
