"""Takes the session out of a Cookie header, so that services never see it."""

from gateway.wire.errors import RefusedError
from gateway.wire.refusals import DUPLICATE_CREDENTIAL

SESSION_COOKIE = b"__Host-stagify_session"


def take_session(header: bytes) -> tuple[bytes | None, bytes]:
    """The session's value, if there is one, and the header without it.

    Two sessions are refused, because different readers could pick different ones.
    """
    session: bytes | None = None
    others = []
    for pair in header.split(b";"):
        name, _, value = pair.partition(b"=")
        if name.strip(b" \t") != SESSION_COOKIE:
            if pair.strip(b" \t"):
                others.append(pair.strip(b" \t"))
        elif session is not None:
            raise RefusedError(DUPLICATE_CREDENTIAL)
        else:
            session = value.strip(b" \t")
    return session, b"; ".join(others)
