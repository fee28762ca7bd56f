"""The cookies of log-ins, as arguments for whoever sets them.

The prefix makes browsers refuse one without Secure, with a Domain, or for another path: no other host can
set or read it (RFC 6265bis, cookie name prefixes).
"""

from datetime import timedelta
from typing import Any, Literal, TypedDict

COOKIE_NAME = "__Host-stagify_session"
DEVICE_COOKIE_NAME = "__Host-stagify_device"
# What a browser keeps on a tenant's host while its person fetches a hand-off.
HANDOFF_COOKIE_NAME = "__Host-stagify_handoff"
# What a browser keeps while a log-in in it waits for a second factor.
CHALLENGE_COOKIE_NAME = "__Host-stagify_challenge"


class Cookie(TypedDict):
    """The arguments of `Response.set_cookie`."""

    key: str
    value: str
    max_age: int
    path: str
    secure: bool
    httponly: bool
    samesite: Literal["lax", "strict"]


def cookie(
    name: str, value: str, life: timedelta, *, samesite: Literal["lax", "strict"] = "lax"
) -> Cookie:
    """A cookie of this host alone, which scripts cannot read; without a `life` it is deleted."""
    return Cookie(
        key=name,
        value=value,
        max_age=int(life.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite=samesite,
    )


def sets_cookie(said: str) -> dict[str, Any]:
    """How the API's document describes the header of an answer that sets a cookie."""
    return {"Set-Cookie": {"description": said, "schema": {"type": "string"}}}


# What a browser is sent when its session has ended; never "cookies": that would delete those of all hosts of
# the installation.
UNSET_SESSION = cookie(COOKIE_NAME, "", timedelta(0))
ENDED_HEADERS = {"Clear-Site-Data": '"cache", "storage"'}
# How the API's document describes both.
ENDED_DOCUMENT = sets_cookie("Deletes the session's token.") | {
    "Clear-Site-Data": {
        "description": "Deletes what the host's pages have kept in the browser.",
        "schema": {"type": "string", "example": ENDED_HEADERS["Clear-Site-Data"]},
    },
}
