"""Takes the session out of a Cookie header, so that services never see it."""

from gateway.wire.errors import RefusedError
from gateway.wire.refusals import DUPLICATE_CREDENTIAL

SESSION_COOKIE = b"__Host-stagify_session"


def take_session(header: bytes) -> tuple[bytes | None, bytes]:
    """The session's value, if there is one, and the header without it.

    Two different sessions are refused, because different readers could pick different ones. The
    same one twice is one: a client that joins the cookies of two stores sends that.
    """
    session: bytes | None = None
    others = []
    for pair in header.split(b";"):
        name, _, value = pair.partition(b"=")
        if name.strip(b" \t") != SESSION_COOKIE:
            if pair.strip(b" \t"):
                others.append(pair.strip(b" \t"))
            continue
        value = value.strip(b" \t")
        if session is not None and session != value:
            raise RefusedError(DUPLICATE_CREDENTIAL)
        session = value
    return session, b"; ".join(others)
