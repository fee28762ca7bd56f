"""What can go wrong at log-in."""

from stagify.errors import ConflictError, ForbiddenError, NotFoundError, UnauthorizedError


class InvalidCredentialsError(UnauthorizedError):
    """This address and password do not match."""

    code = "invalid_credentials"


class WrongPasswordError(ForbiddenError):
    """This is not your present password."""

    # Not 401: the session is valid, and pages take a 401 for its end.
    code = "wrong_password"


class SsoRequiredError(ForbiddenError):
    """This workspace lets its people in by their company's log-in only."""

    code = "sso_required"


class SsoSessionError(ForbiddenError):
    """You are here by your company's log-in, which does not reach your own account: log in with your own
    password for this."""

    code = "sso_session"


class InvalidHandoffError(UnauthorizedError):
    """This way into the workspace was used already, is too old, or was opened for another browser:
    start again."""

    code = "invalid_handoff"


class TenantNotFoundError(NotFoundError):
    """This workspace does not exist."""

    code = "tenant_not_found"


class TenantProvisioningError(ConflictError):
    """This workspace is still being set up: try again in a few seconds."""

    code = "tenant_provisioning"

    @property
    def headers(self) -> dict[str, str]:
        """It takes a second or two."""
        return {"Retry-After": "1"}
