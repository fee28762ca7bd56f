"""What the OpenAPI document says of the answers of log-ins and hand-offs."""

from typing import Any

from identity_svc.sessions.cookies import COOKIE_NAME, ENDED_DOCUMENT, sets_cookie
from identity_svc.sessions.errors import (
    SsoRequiredError,
    TenantNotFoundError,
    TenantProvisioningError,
)
from identity_svc.sessions.schemas import ChallengeRead
from identity_svc.tenants.service import TenantSuspendedError
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import StepUpRequiredError
from stagify.links import link
from stagify.problems import problems

SET_COOKIE = {
    "description": "The session was made.",
    "headers": {
        "Set-Cookie": {
            "description": (
                "The session's token, for this host alone; and a second cookie by which this "
                "browser is known at the next log-in, so that attempts of others do not slow it down."
            ),
            "schema": {
                "type": "string",
                "example": f"{COOKIE_NAME}=…; HttpOnly; Max-Age=2592000; Path=/; Secure",
            },
        }
    },
}
ASKED: dict[str, Any] = {
    "model": ChallengeRead,
    "description": "The password is right, and a second factor is asked for.",
    "headers": sets_cookie("What only this browser can answer the challenge with."),
    "links": link("verify_log_in", challenge_id="/challenge_id"),
}
ASKED_FOR_PASSKEY = {
    "description": "The browser can be asked for a passkey.",
    "headers": ASKED["headers"],
    "links": ASKED["links"],
}
UNSET_COOKIE = {
    "description": "The session has ended.",
    "headers": ENDED_DOCUMENT,
}
NONCE_COOKIE = {
    "description": "A hand-off can be asked for.",
    "headers": sets_cookie("What only this browser can use the hand-off with."),
}
HANDOFF_ANSWERS = problems(
    TenantNotFoundError,
    TenantProvisioningError,
    TenantSuspendedError,
    SsoRequiredError,
    StepUpRequiredError,
    TooManyAttemptsError,
)
HANDOFF_ANSWERS[TenantProvisioningError.status]["headers"] = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
}
