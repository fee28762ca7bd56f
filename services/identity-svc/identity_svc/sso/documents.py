"""What the OpenAPI document says of the answers of single sign-on."""

from typing import Any

from identity_svc.people.service import PASSWORD_ERRORS
from identity_svc.roles.service import RoleNotAllowedError, UnknownRoleError
from identity_svc.seats.service import SEAT_ERRORS
from identity_svc.sessions.service import ENDED_DOCUMENT, InvalidCredentialsError, sets_cookie
from identity_svc.sso.errors import (
    SsoAnswerInvalidError,
    SsoAttemptInvalidError,
    SsoConnectionNotFoundError,
    SsoDomainNotFoundError,
    SsoDomainNotProvedError,
    SsoFactorNeededError,
    SsoLinkFirstError,
    SsoLogOutInvalidError,
    SsoNotIncludedError,
    SsoNotMemberError,
    SsoNotTestedError,
    SsoProviderInvalidError,
    SsoProviderUnavailableError,
    SsoRefusedError,
    SsoRoleNotAllowedError,
    SsoTakenError,
    TooManySsoConnectionsError,
)
from identity_svc.sso.schemas import SsoProofAsked, SsoTestRead
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import STEP_UP_ERRORS, PersonRequiredError
from stagify.errors import UnavailableError
from stagify.links import link
from stagify.problems import problems

Responses = dict[int | str, dict[str, Any]]


LINKS = (
    link("update_sso_connection", connection_id="/id")
    | link("delete_sso_connection", connection_id="/id")
    | link("add_sso_domain", connection_id="/id")
    | link("start_sso", body={"connection_id": "/id"})
)
DOMAIN_LINKS = link("check_sso_domain", connection_id="/id", domain="/domains/0/domain") | link(
    "remove_sso_domain", connection_id="/id", domain="/domains/0/domain"
)
KEPT = {
    "description": "The browser can go there.",
    "headers": sets_cookie("What only this browser can come back with."),
}
LOGGED_IN = {
    "description": "A session was made.",
    "headers": sets_cookie("The session's token."),
}
ENDED = {"description": "The session has ended.", "headers": ENDED_DOCUMENT}
ENTRY_ERRORS = (
    SsoAttemptInvalidError,
    SsoConnectionNotFoundError,
    SsoNotMemberError,
    SsoLinkFirstError,
    SsoTakenError,
    *SEAT_ERRORS,
)
CREATED: Responses = problems(
    *STEP_UP_ERRORS,
    SsoNotIncludedError,
    SsoProviderInvalidError,
    TooManySsoConnectionsError,
    UnavailableError,
) | {201: {"links": LINKS}}
CHANGED: Responses = problems(
    *STEP_UP_ERRORS,
    SsoConnectionNotFoundError,
    SsoProviderInvalidError,
    SsoNotTestedError,
    SsoFactorNeededError,
    SsoRoleNotAllowedError,
    RoleNotAllowedError,
    UnknownRoleError,
) | {200: {"links": LINKS}}
DOMAIN_ADDED: Responses = problems(
    *STEP_UP_ERRORS, SsoConnectionNotFoundError, TooManySsoConnectionsError
) | {201: {"links": DOMAIN_LINKS}}
DOMAIN_CHECKED: Responses = problems(
    *STEP_UP_ERRORS,
    SsoConnectionNotFoundError,
    SsoDomainNotFoundError,
    SsoDomainNotProvedError,
    TooManyAttemptsError,
)
STARTED: Responses = problems(
    PersonRequiredError,
    SsoConnectionNotFoundError,
    SsoProviderUnavailableError,
    TooManyAttemptsError,
) | {201: KEPT}
RETURNED: Responses = {
    303: {
        "description": "Back to where the log-in began.",
        "headers": {"Location": {"description": "A page.", "schema": {"type": "string"}}},
    }
}
FINISHED: Responses = problems(
    *ENTRY_ERRORS, SsoAnswerInvalidError, SsoRefusedError, SsoProviderUnavailableError
) | {
    201: LOGGED_IN,
    200: {"model": SsoTestRead, "description": "The connection was tested."},
    202: {
        "model": SsoProofAsked,
        "description": "The password of an account is asked for.",
        "links": link("confirm_sso", body={"confirmation": "/confirmation"}),
    },
}
CONFIRMED: Responses = problems(
    *ENTRY_ERRORS, InvalidCredentialsError, TooManyAttemptsError, *PASSWORD_ERRORS
) | {201: LOGGED_IN}
TOLD: Responses = problems(SsoLogOutInvalidError, TooManyAttemptsError)
LOG_OUT_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["logout_token"],
                    "properties": {
                        "logout_token": {
                            "type": "string",
                            "description": "What the provider has signed.",
                            "examples": ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmVk"],
                        }
                    },
                }
            }
        },
    }
}
