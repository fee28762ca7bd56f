"""The access log: a line of JSON for each answer, refused requests included.

A line is formatted when its request ends and joins the others; about once a second, or when
256 KiB have come together, they go to a thread that writes them. Nothing in a line needs escaping:
methods, targets and ids are held to their alphabets before they get here, and the rest is ours.
Queries, addresses, names, credentials and bodies are not in it.
"""

import asyncio
from time import gmtime, monotonic, strftime, time

from gateway.hosts.sites import NOBODY
from gateway.observe.log_writer import LogWriter
from gateway.wire.record import Record

FLUSH_SECONDS = 1.0
# Each hand-over makes the loop and the thread wait for each other a little, so there are few.
FLUSH_BYTES = 256 * 1024
MAX_PATH_BYTES = 1024

# `time` is when the answer ended. What does not apply is "" or 0; `status` is 0 if the client had
# gone before there was one; `code` says why it was not a service's whole answer.
_LINE = (
    b'{"time":"%b%03dZ","method":"%b","path":"%b","status":%d,"code":"%b","bytes":%d,'
    b'"duration_ms":%.3f,%b,"request_id":"%b","trace_id":"%b","upstream":"%b",'
    b'"upstream_ms":%.3f}\n'
)


class AccessLog:
    """Collects lines for `writer`."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self._text = bytearray()
        self._lines = 0
        self._second = b""
        self._second_began = 0.0

    @property
    def lost(self) -> int:
        """Lines that were never written."""
        return self._writer.lost

    def ended(self, record: Record) -> None:
        """An answer has ended: one line more."""
        ended = record.ended
        passed = ended - self._second_began
        if passed >= 1:
            passed = self._begin_second()
        who, service = record.who, record.service
        self._text += _LINE % (
            self._second,
            passed * 1000,
            record.method,
            record.target.partition(b"?")[0][:MAX_PATH_BYTES],
            record.status,
            record.code,
            record.sent_bytes,
            (ended - record.began) * 1000,
            NOBODY.log_fields if who is None else who.log_fields,
            record.request_id,
            record.traceparent[3:35],
            b"" if service is None else service.label,
            record.answer_seconds * 1000,
        )
        self._lines += 1
        if len(self._text) >= FLUSH_BYTES:
            self.flush()

    def _begin_second(self) -> float:
        """Render the wall clock's current second; how far it has passed."""
        wall = time()
        second = int(wall)
        self._second = strftime("%Y-%m-%dT%H:%M:%S.", gmtime(second)).encode()
        self._second_began = monotonic() - (wall - second)
        return wall - second

    async def run(self) -> None:
        """Flush for ever."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self.flush()

    def flush(self) -> None:
        """Hand over what has come together."""
        if self._lines:
            self._writer.put(self._text, self._lines)
            self._text, self._lines = bytearray(), 0

    async def close(self, seconds: float) -> None:
        """Write the last lines, for at most so long."""
        self.flush()
        await asyncio.to_thread(self._writer.close, seconds)
