"""Reads the requests of one client and their bodies, one after the other."""

from collections.abc import Callable

from gateway.wire import refusals
from gateway.wire.bodies import (
    BodyReader,
    BodyTooLargeError,
    ChunkedBody,
    FixedBody,
    InvalidBodyError,
)
from gateway.wire.errors import RefusedError
from gateway.wire.request import CHUNKED, HeadLimits, Request, parse_request


class RequestReader:
    """Holds what has arrived and was not read yet. Raises RefusedError for what it cannot read;
    nothing after that can be read either."""

    __slots__ = ("_body", "_is_transfer", "_limits", "_max_body_bytes", "held", "is_in_body")

    def __init__(
        self, limits: HeadLimits, max_body_bytes: int, is_transfer: Callable[[Request], bool]
    ) -> None:
        self._limits = limits
        self._max_body_bytes = max_body_bytes
        self._is_transfer = is_transfer
        self._body: BodyReader | None = None
        # What has not been read yet, and whether it belongs to the body of the last request.
        self.held = b""
        self.is_in_body = False

    def add(self, data: bytes) -> None:
        """`data` has arrived."""
        self.held = self.held + data if self.held else data

    def head(self) -> Request | None:
        """The next request, without its body; None until its head is complete."""
        data = self.held
        # Old clients leave one empty line before a request (RFC 9112, 2.2).
        start = 2 if data.startswith(b"\r\n") else 0
        end = data.find(b"\r\n\r\n", start)
        if end < 0:
            self._check_partial(data, start)
            return None
        if end - start > self._limits.max_bytes:
            raise RefusedError(refusals.HEADERS_TOO_LARGE)
        request = parse_request(data[start:end], self._limits)
        length = request.body_length
        if length > self._max_body_bytes and not self._is_transfer(request):
            raise RefusedError(refusals.BODY_TOO_LARGE)
        self.held = data[end + 4 :]
        if length:
            chunked = length == CHUNKED
            self._body = ChunkedBody(self._max_body_bytes) if chunked else FixedBody(length)
            self.is_in_body = True
        return request

    def body(self) -> bytes:
        """What has arrived of the body; afterwards `is_in_body` is False if that was the end."""
        assert self._body is not None
        data, self.held = self.held, b""
        try:
            payload, rest = self._body.feed(data)
        except InvalidBodyError as error:
            raise RefusedError(refusals.INVALID_CHUNK) from error
        except BodyTooLargeError as error:
            raise RefusedError(refusals.BODY_TOO_LARGE) from error
        if rest is not None:
            self._end_body()
            self.held = rest
        return payload

    def rest_is_at_most(self, size: int) -> bool:
        """Whether certainly no more than `size` bytes of the body are still to come."""
        return self._body is None or (
            isinstance(self._body, FixedBody) and self._body.remaining <= size
        )

    def drop(self) -> None:
        """Drop what has not been read, also of a body."""
        self.held = b""
        self._end_body()

    def _end_body(self) -> None:
        self._body = None
        self.is_in_body = False

    def _check_partial(self, data: bytes, start: int) -> None:
        """An incomplete head: refuse early what can never become a valid one."""
        if len(data) - start > self._limits.max_bytes:
            raise RefusedError(refusals.HEADERS_TOO_LARGE)
        if len(data) > self._limits.max_target_bytes and b"\r\n" not in data[start:]:
            raise RefusedError(refusals.URI_TOO_LONG)
        if data.count(b"\n") != data.count(b"\r\n"):
            raise RefusedError(refusals.MALFORMED_REQUEST)
