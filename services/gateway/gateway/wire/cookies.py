"""Takes the session out of a Cookie header, so that no service sees it that is not meant to."""

from gateway.wire.errors import RefusedError
from gateway.wire.refusals import DUPLICATE_CREDENTIAL

SESSION_COOKIE = b"__Host-stagify_session"

# What Python's `str.strip` takes off a name, with which the services read cookies, and HTTP does not.
_NO_BLANKS = b" \t\x85\xa0"


def take_session(header: bytes) -> tuple[bytes | None, bytes]:
    """The session's value, if there is one, and the header without it.

    Two different sessions are refused, because different readers could pick different ones. The
    same one twice is one: a client that joins the cookies of two stores sends that. A name that only
    looks like it is dropped: a browser does not keep the promise of `__Host-` for it.
    """
    session: bytes | None = None
    others = []
    for pair in header.split(b";"):
        name, _, value = pair.partition(b"=")
        if name.strip(b" \t") != SESSION_COOKIE:
            if pair.strip(b" \t") and name.strip(_NO_BLANKS) != SESSION_COOKIE:
                others.append(pair.strip(b" \t"))
            continue
        value = value.strip(b" \t")
        if session is not None and session != value:
            raise RefusedError(DUPLICATE_CREDENTIAL)
        session = value
    return session, b"; ".join(others)
