"""What the gateway does with a header: decided once for each spelling of its name."""

import re

# What kind of header it is. FORWARD is zero because nearly all headers are of that kind.
FORWARD = 0
DROP = 1
HOST = 2
AUTHORIZATION = 3
COOKIE = 4
CONNECTION = 5
CONTENT_LENGTH = 6
TRANSFER_ENCODING = 7
ORIGIN = 8
ACCEPT = 9
REQUEST_ID = 10
TRACEPARENT = 11
EXPECT = 12
IDEMPOTENCY_KEY = 13
FORWARDED_FOR = 14
FORWARDED_PROTO = 15
CONTENT_TYPE = 16
LAST_EVENT_ID = 17
FETCH_SITE = 18
CACHE_CONTROL = 19

_INTERNAL_PREFIX = b"x-stagify-"
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PLAIN = re.compile(rb"[0-9A-Za-z-]+")
_MAX_LEARNT = 4096

_HOP_BY_HOP = (
    b"keep-alive",
    # An invitation to another protocol may be ignored (RFC 9110, 7.8): it is never passed on, so
    # that no service takes it up behind the gateway's back.
    b"upgrade",
    b"http2-settings",
    b"proxy-connection",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"te",
    b"trailer",
)

_REQUEST_KINDS = {
    **dict.fromkeys(_HOP_BY_HOP, DROP),
    b"host": HOST,
    b"authorization": AUTHORIZATION,
    b"cookie": COOKIE,
    b"connection": CONNECTION,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"origin": ORIGIN,
    b"accept": ACCEPT,
    b"x-request-id": REQUEST_ID,
    b"traceparent": TRACEPARENT,
    b"expect": EXPECT,
    b"idempotency-key": IDEMPOTENCY_KEY,
    b"content-type": CONTENT_TYPE,
    b"last-event-id": LAST_EVENT_ID,
    b"sec-fetch-site": FETCH_SITE,
    b"x-forwarded-for": FORWARDED_FOR,
    b"x-forwarded-proto": FORWARDED_PROTO,
    # It counts proxies on the way (RFC 9110, 7.6.2), which a gateway is not.
    b"max-forwards": DROP,
    # Other ways to say who or where a client is; no service may see them.
    b"forwarded": DROP,
    b"x-forwarded-host": DROP,
    b"x-forwarded-port": DROP,
    b"x-forwarded-prefix": DROP,
    b"x-forwarded-server": DROP,
    b"x-forwarded-scheme": DROP,
    b"x-forwarded-ssl": DROP,
    b"x-original-host": DROP,
    b"x-original-url": DROP,
    b"x-rewrite-url": DROP,
    b"x-host": DROP,
    b"x-real-ip": DROP,
    b"x-http-method-override": DROP,
}

_RESPONSE_KINDS = {
    **dict.fromkeys(_HOP_BY_HOP, DROP),
    b"connection": CONNECTION,
    b"content-length": CONTENT_LENGTH,
    b"content-type": CONTENT_TYPE,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"cache-control": CACHE_CONTROL,
    # The gateway sets its own.
    b"x-request-id": DROP,
    b"x-content-type-options": DROP,
    b"strict-transport-security": DROP,
    # What serves behind the gateway is nobody's business.
    b"server": DROP,
}


class InvalidNameError(ValueError):
    """Not a header name."""


class HeaderNames:
    """Kinds by the spelling on the wire, so that a known name takes one look-up."""

    def __init__(self, kinds: dict[bytes, int]) -> None:
        self._kinds = kinds
        self._learnt: dict[bytes, int] = {}
        # Bound once, because it is called for every header of every request.
        self.get = self._learnt.get

    def learn(self, name: bytes) -> int:
        """The kind of a new name; InvalidNameError if it is not a valid one."""
        if _TOKEN.fullmatch(name) is None:
            raise InvalidNameError
        kind = self._classify(name.lower())
        if len(self._learnt) >= _MAX_LEARNT:
            self._learnt.clear()
        self._learnt[name] = kind
        return kind

    def kind_of(self, name: bytes) -> int:
        """The kind of any name; InvalidNameError if it is not a valid one."""
        kind = self._learnt.get(name)
        return self.learn(name) if kind is None else kind

    def _classify(self, name: bytes) -> int:
        # Some servers (CGI and its heirs) read "_", "." and the like as "-", and would see a second
        # header of a name that means something. No name here has such a character, so all that do
        # are dropped, as nginx does: a client that sends one is served all the same.
        if _PLAIN.fullmatch(name) is None or name.startswith(_INTERNAL_PREFIX):
            return DROP
        return self._kinds.get(name, FORWARD)


REQUEST_NAMES = HeaderNames(_REQUEST_KINDS)
RESPONSE_NAMES = HeaderNames(_RESPONSE_KINDS)
