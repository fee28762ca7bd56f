"""Refusals that depend on who is calling."""

from gateway.wire.refusals import RETRY_SOON, Refusal

INVALID_CREDENTIAL = Refusal(
    401,
    "invalid_credential",
    "Unauthorized",
    "The credential is unknown here, expired or revoked.",
    (("www-authenticate", 'Bearer realm="stagify", error="invalid_token"'),),
)
ORIGIN_MISMATCH = Refusal(
    403,
    "origin_mismatch",
    "Forbidden",
    "Pages of other sites may not use this session.",
)
ADDRESS_NOT_ALLOWED = Refusal(
    403,
    "address_not_allowed",
    "Forbidden",
    "This API key may not be used from your address.",
)
CREDENTIALS_UNAVAILABLE = Refusal(
    503,
    "credentials_unavailable",
    "Service Unavailable",
    "Credentials cannot be checked right now: try again.",
    RETRY_SOON,
)
