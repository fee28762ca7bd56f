"""The token that names a session, and how long a session lasts."""

from datetime import timedelta

from identity_svc.digests.service import Digester

# A session ends this long after the log-in, whatever happens, and this long after its last use.
LIFE = timedelta(days=30)
IDLE_LIFE = timedelta(days=7)


def session_hash(digester: Digester, token: str) -> bytes:
    """The hash that is stored of a session's token."""
    return digester.digest("session", token)


def person_hash(digester: Digester, token: str) -> bytes:
    """The same for a session on the platform's host."""
    return digester.digest("person_session", token)
