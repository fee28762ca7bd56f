"""A client that sends the bytes it is given and reads answers by hand."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass

from stagify.testing.waiting import PATIENCE_SECONDS

HOST = "acme.stagify.test"
SESSION = "s" * 43
# The header line with which the member of a test calls.
MEMBER = f"Cookie: __Host-stagify_session={SESSION}"
KEY = "stg_live_k1_0123456789abcdef0123456789abcdef"
# The one with which a program calls.
BEARER = f"Authorization: Bearer {KEY}"


class Client:
    """One client connection, on which tests send and read bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._rest = b""

    async def send(self, data: bytes) -> None:
        """Send `data` as it is."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, to_head: bool = False) -> "Answer":
        """The next answer, whole."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while b"\r\n\r\n" not in self._rest:
                await self._more()
            head, _, self._rest = self._rest.partition(b"\r\n\r\n")
            answer = Answer.of(head)
            if to_head or answer.status in (100, 204, 304):
                return answer
            if answer.headers.get("transfer-encoding") == "chunked":
                answer.body = await self._chunks()
            elif "content-length" in answer.headers:
                answer.body = await self._exactly(int(answer.headers["content-length"]))
            else:
                answer.body = self._rest + await self.reader.read()
            return answer

    async def until(self, end: bytes) -> bytes:
        """Bytes up to and with `end`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while end not in self._rest:
                await self._more()
        found, _, self._rest = self._rest.partition(end)
        return found + end

    async def everything(self) -> bytes:
        """Bytes until the gateway closes; a reset counts as closing."""
        data = self._rest
        self._rest = b""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(ConnectionError):
                while piece := await self.reader.read(65536):
                    data += piece
        return data

    async def close(self) -> None:
        """Close at once."""
        self.writer.transport.abort()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def _more(self) -> None:
        data = await self.reader.read(65536)
        if not data:
            raise EOFError(f"closed after {self._rest!r}")
        self._rest += data

    async def _exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            await self._more()
        body, self._rest = self._rest[:size], self._rest[size:]
        return body

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self._line(), 16):
            body += await self._exactly(size)
            await self._exactly(2)
        await self._exactly(2)
        return body

    async def _line(self) -> bytes:
        return (await self.until(b"\r\n"))[:-2]


@dataclass
class Answer:
    """An answer, read by hand."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    @classmethod
    def of(cls, head: bytes) -> "Answer":
        """The answer whose head is `head`."""
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.split(":", 1) for line in lines)
        headers = {name.lower(): value.strip() for name, value in pairs}
        assert len(headers) == len(lines), f"a header twice in {lines}"
        return cls(int(first.split(" ")[1]), headers)

    @property
    def code(self) -> str:
        """The code of a problem."""
        code: str = json.loads(self.body)["code"]
        return code


def request(
    target: str = "/v1/projects",
    *lines: str,
    method: str = "GET",
    host: str | None = HOST,
    body: bytes = b"",
) -> bytes:
    """A well-formed request."""
    head = [f"{method} {target} HTTP/1.1"]
    if host is not None:
        head.append(f"Host: {host}")
    head += lines
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def answers(head: str, body: bytes = b"") -> bytes:
    """The bytes of an answer; `head` has plain line ends."""
    return head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body
