"""The outcome of one request: the wire fills it in, observers read it."""

from random import randbytes
from typing import Any

from gateway.wire.service import Service

# How an answer ended; a refusal has its own code instead.
COMPLETE = b""
CLIENT_GONE = b"client_gone"
BROKEN_OFF = b"broken_off"
TIMED_OUT = b"timed_out"
STOPPING = b"stopping"
# The caller may no longer have it.
REVOKED = b"revoked"
EXPIRED = b"expired"


# Random identifiers, made many at a time.
_ids: list[bytes] = []
_IDS_AT_ONCE = 64


def _new_ids() -> bytes:
    """The hexadecimal digits of a trace id and of a span id."""
    if not _ids:
        digits = randbytes(24 * _IDS_AT_ONCE).hex().encode()
        _ids.extend(digits[at : at + 48] for at in range(0, len(digits), 48))
    return _ids.pop()


class Record:
    """One request, or bytes that were none. Times are monotonic, and 0 if it never happened.

    Observers get it twice: when its answer begins, and when that has ended.
    """

    __slots__ = (
        "answer_seconds",
        "began",
        "code",
        "ended",
        "method",
        "request_id",
        "sent_at",
        "sent_bytes",
        "service",
        "status",
        "target",
        "traceparent",
        "tracked",
        "who",
    )

    # Whose request it is, as the decision says; the wire does not look into it.
    who: Any

    def __init__(
        self,
        began: float,
        method: bytes = b"",
        target: bytes = b"",
        request_id: bytes | None = None,
        traceparent: bytes | None = None,
    ) -> None:
        self.began = began
        self.method = method
        self.target = target
        # A trace id and a span id, in case the client has sent none; the first is also the
        # request id.
        ids = _new_ids()
        self.request_id = request_id or ids[:32]
        self.traceparent = traceparent or b"00-%b-%b-01" % (ids[:32], ids[32:])
        # What `Parts.track` has returned for it, if requests are traced.
        self.tracked: Any = None
        self.who = None
        # The service it was sent to, when, and the time until the head of the answer.
        self.service: Service | None = None
        self.sent_at = 0.0
        self.answer_seconds = 0.0
        # 0 while there is no answer; `code` says why it is not the whole answer of a service.
        self.status = 0
        self.code = COMPLETE
        self.sent_bytes = 0
        self.ended = 0.0
