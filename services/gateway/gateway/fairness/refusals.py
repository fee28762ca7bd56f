"""Refusals of requests over a limit."""

from gateway.wire.refusals import RETRY_SOON, Refusal

RATE_LIMITED = Refusal(
    429, "rate_limited", "Too Many Requests", "Too many requests: slow down.", RETRY_SOON
)
TOO_MANY_IN_FLIGHT = Refusal(
    429,
    "too_many_in_flight",
    "Too Many Requests",
    "Too many requests from this workspace are running at once.",
    RETRY_SOON,
)
