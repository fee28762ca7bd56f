"""Refusals of the store's host."""

from gateway.wire.refusals import RETRY_SOON, Refusal

INVALID_LINK = Refusal(
    403,
    "invalid_link",
    "Forbidden",
    "This is not a complete signed link to one photo: ask for a new one.",
)
ORIGIN_NOT_ALLOWED = Refusal(
    403, "origin_not_allowed", "Forbidden", "Pages of this site may not transfer photos."
)
PREFLIGHT_NOT_ALLOWED = Refusal(
    403,
    "preflight_not_allowed",
    "Forbidden",
    "Pages may send only GET, HEAD and PUT here, with the headers that belong to a signed link.",
)
STORE_METHOD_NOT_ALLOWED = Refusal(
    405,
    "method_not_allowed",
    "Method Not Allowed",
    "Signed links are for GET, HEAD and PUT.",
    (("allow", "GET, HEAD, PUT, OPTIONS"),),
)
LENGTH_REQUIRED = Refusal(
    411,
    "length_required",
    "Length Required",
    "An upload needs the Content-Length that was signed, and no Transfer-Encoding.",
    must_close=True,
)
UNEXPECTED_BODY = Refusal(
    400, "unexpected_body", "Bad Request", "This request must not have a body.", must_close=True
)
REPEATED_HEADER = Refusal(
    400, "repeated_header", "Bad Request", "A header of a signed link was sent twice."
)
UPLOAD_IN_PROGRESS = Refusal(
    409,
    "upload_in_progress",
    "Conflict",
    "This photo is being uploaded already: wait until that has ended.",
    RETRY_SOON,
)
TOO_MANY_TRANSFERS = Refusal(
    429,
    "too_many_transfers",
    "Too Many Requests",
    "Too many photos are being transferred from this address at once.",
    RETRY_SOON,
)
