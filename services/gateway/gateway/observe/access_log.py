"""The access log: a line of JSON for each answer, refused requests included.

A line is formatted when its request ends. About once a second, or when there are 256 KiB of them,
the lines go to a thread that writes them. Nothing in a line needs escaping: the parser lets only
harmless characters into methods, targets and ids, and the rest is the gateway's own. A line holds
no query, address, name, credential or body.
"""

import asyncio
from time import gmtime, monotonic, strftime, time

from gateway.hosts.sites import NOBODY
from gateway.observe.log_writer import LogWriter
from gateway.wire.record import Record

FLUSH_SECONDS = 1.0
# With each hand-over the loop and the thread wait for each other a little, so there are few.
FLUSH_BYTES = 256 * 1024
MAX_PATH_BYTES = 1024

# `time` is when the answer ended. What does not apply is "" or 0; `status` is 0 if the client left
# before there was an answer; `code` says why it was not the whole answer of a service.
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
        """Add the line of an answer that has ended."""
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
        """Format the current second of the wall clock; how much of it has passed."""
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
        """Hand the collected lines to the writer."""
        if self._lines:
            self._writer.put(self._text, self._lines)
            self._text, self._lines = bytearray(), 0

    async def close(self, seconds: float) -> None:
        """Write the last lines, for at most `seconds`."""
        self.flush()
        await asyncio.to_thread(self._writer.close, seconds)
