"""Readers of bodies: they are fed what arrives, and say what is payload and where the body ends.

The same readers serve requests and answers; the caller turns an invalid body into its own error.
"""

import re
from typing import Protocol

# Size, and an extension, which is ignored.
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t -~\x80-\xff]*)?")
_MAX_LINE_BYTES = 256
_MAX_TRAILER_BYTES = 8 * 1024

LAST_CHUNK = b"0\r\n\r\n"


class InvalidBodyError(Exception):
    """The bytes are not a well-formed body."""


class BodyTooLargeError(Exception):
    """The body is larger than allowed."""


class BodyReader(Protocol):
    """Reads one body. `feed` returns payload, and what follows the body once that is complete."""

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """The payload in `data`, and None while the body goes on, else the bytes after it."""


class FixedBody:
    """A body of a length that is known before it starts."""

    __slots__ = ("remaining",)

    def __init__(self, length: int) -> None:
        self.remaining = length

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """See `BodyReader`."""
        size = len(data)
        if size < self.remaining:
            self.remaining -= size
            return data, None
        end, self.remaining = self.remaining, 0
        return (data, b"") if size == end else (data[:end], data[end:])


class UntilClosed:
    """A body that ends with its connection."""

    __slots__ = ()

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """See `BodyReader`."""
        return data, None


class ChunkedBody:
    """A chunked body (RFC 9112, 7.1): exact line ends, hexadecimal sizes, nothing else."""

    __slots__ = ("_allowed", "_held", "_in_trailer", "_remaining")

    def __init__(self, max_bytes: int | None = None) -> None:
        self._allowed = max_bytes
        self._held = b""
        # Bytes still to come of the current chunk: payload, and the line end.
        self._remaining = 0
        self._in_trailer = False

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """See `BodyReader`."""
        buffer = self._held + data if self._held else data
        position = 0
        payload: list[bytes] = []
        while True:
            if self._remaining:
                taken = self._take(buffer, position, payload)
                if taken == position:
                    break
                position = taken
                continue
            if self._in_trailer:
                end = self._trailer_end(buffer, position)
                if end < 0:
                    break
                return b"".join(payload), buffer[end:]
            after = self._size_line(buffer, position)
            if after < 0:
                break
            position = after
        self._held = buffer[position:]
        return b"".join(payload), None

    def _take(self, buffer: bytes, position: int, payload: list[bytes]) -> int:
        """Consume what is there of the current chunk; the new position."""
        due = self._remaining - 2
        if due > 0:
            piece = buffer[position : position + due]
            if piece:
                payload.append(piece)
                self._remaining -= len(piece)
            return position + len(piece)
        if len(buffer) - position < 2:
            if buffer[position:] not in (b"", b"\r"):
                raise InvalidBodyError
            return position
        if buffer[position : position + 2] != b"\r\n":
            raise InvalidBodyError
        self._remaining = 0
        return position + 2

    def _size_line(self, buffer: bytes, position: int) -> int:
        end = buffer.find(b"\r\n", position, position + _MAX_LINE_BYTES)
        if end < 0:
            held = buffer[position:]
            if len(held) >= _MAX_LINE_BYTES or b"\n" in held:
                raise InvalidBodyError
            return -1
        match = _SIZE_LINE.fullmatch(buffer, position, end)
        if match is None:
            raise InvalidBodyError
        size = int(match[1], 16)
        if size == 0:
            self._in_trailer = True
            return end + 2
        self._count(size)
        self._remaining = size + 2
        return end + 2

    def _count(self, size: int) -> None:
        if self._allowed is None:
            return
        self._allowed -= size
        if self._allowed < 0:
            raise BodyTooLargeError

    def _trailer_end(self, buffer: bytes, position: int) -> int:
        """Where the (dropped) trailer ends; -1 if that has not arrived."""
        if buffer.startswith(b"\r\n", position):
            return position + 2
        end = buffer.find(b"\r\n\r\n", position)
        held = buffer[position:] if end < 0 else buffer[position:end]
        if len(held) > _MAX_TRAILER_BYTES or held.count(b"\n") != held.count(b"\r\n"):
            raise InvalidBodyError
        return -1 if end < 0 else end + 4


def encode_chunk(payload: bytes) -> bytes:
    """`payload`, which is not empty, as one chunk."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def encode_chunks(payload: bytes, is_last: bool) -> bytes:
    """`payload`, which may be empty, as a chunk; followed by the end of the body if `is_last`."""
    chunk = encode_chunk(payload) if payload else b""
    return chunk + LAST_CHUNK if is_last else chunk
