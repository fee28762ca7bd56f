"""What can go wrong with single sign-on."""

from stagify.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    Members,
    NotFoundError,
    PaymentRequiredError,
    UnavailableError,
)


class SsoConnectionNotFoundError(NotFoundError):
    """This connection for single sign-on does not exist."""

    code = "sso_connection_not_found"


class SsoDomainNotFoundError(NotFoundError):
    """This domain is not one of the connection's."""

    code = "sso_domain_not_found"


class SsoNotIncludedError(PaymentRequiredError):
    """The plan of this workspace does not include single sign-on."""

    code = "sso_not_included"


class TooManySsoConnectionsError(ConflictError):
    """This workspace has as many connections for single sign-on as it may."""

    code = "too_many_sso_connections"
    example = Members(limit=5)


class SsoProviderInvalidError(InvalidInputError):
    """This address does not lead to an OpenID Connect provider that can be used: look at the issuer."""

    code = "sso_provider_invalid"


class SsoRoleNotAllowedError(InvalidInputError):
    """No provider makes somebody an owner: choose another role."""

    code = "sso_role_not_allowed"


class SsoNotTestedError(ConflictError):
    """Log in with this connection once yourself, for a test, and then within ten minutes try again."""

    code = "sso_not_tested"


class SsoFactorNeededError(ConflictError):
    """Set up a second factor of your own first: it is how you get in when the provider fails."""

    code = "sso_factor_needed"


class SsoDomainNotProvedError(ConflictError):
    """The record that proves this domain is not there yet: it can take a while until it is seen."""

    code = "sso_domain_not_proved"


class SsoAttemptInvalidError(ForbiddenError):
    """This log-in was finished already, is too old, or was begun in another browser: start again."""

    code = "sso_attempt_invalid"


class SsoAnswerInvalidError(ForbiddenError):
    """What your company's log-in has answered cannot be trusted: tell whoever looks after it."""

    code = "sso_answer_invalid"


class SsoLogOutInvalidError(BadRequestError):
    """This is no log-out that the provider of this connection tells us now, for the first time."""

    code = "sso_log_out_invalid"


class SsoRefusedError(ForbiddenError):
    """Your company's log-in has said no."""

    code = "sso_refused"


class SsoProviderUnavailableError(UnavailableError):
    """Your company's log-in does not answer right now: try again soon."""

    code = "sso_provider_unavailable"


class SsoNotMemberError(ForbiddenError):
    """Your company's log-in knows you, but this workspace does not: ask one of its owners to invite you."""

    code = "sso_not_a_member"


class SsoTakenError(ConflictError):
    """This account at your company belongs to somebody else here, or another one belongs to you."""

    code = "sso_taken"


class SsoLinkFirstError(ForbiddenError):
    """Log in with your password first, and test the log-in there: that connects it with your account. An
    owner cannot be connected in another way."""

    code = "sso_link_first"
