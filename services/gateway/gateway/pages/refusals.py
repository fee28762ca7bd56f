"""Refusals of requests that neither a service nor a page of the gateway answers."""

from gateway.wire.refusals import Refusal

NOT_FOUND = Refusal(404, "not_found", "Not Found", "Nothing exists at this path.")
METHOD_NOT_ALLOWED = Refusal(
    405,
    "method_not_allowed",
    "Method Not Allowed",
    "This page supports only GET and HEAD.",
    (("allow", "GET, HEAD, OPTIONS"),),
)
