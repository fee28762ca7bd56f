"""What is refused about plans, and why."""

from stagify.errors import InvalidInputError, NotFoundError


class UnknownPlanError(InvalidInputError):
    """There is no such plan."""

    code = "unknown_plan"


class SubscriptionNotFoundError(NotFoundError):
    """There is no such tenant here."""

    code = "subscription_not_found"
