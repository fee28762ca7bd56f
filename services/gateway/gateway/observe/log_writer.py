"""Writes a log in a thread of its own, so that a slow disk or a stalled pipe delays no request.

Only so much may wait to be written; more is dropped and counted. Before each write the file is
checked: if it has been renamed or removed, a new one is opened, so logs can be rotated without
telling this process.
"""

import logging
import os
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from gateway.log_throttle import LogThrottle

logger = logging.getLogger(__name__)

MAX_WAITING_BYTES = 8 * 1024 * 1024
_FILE_MODE = 0o640
_STANDARD_OUTPUT = 1


class LogWriter:
    """Appends to a file, or to standard output if `path` is None; OSError if it cannot be opened."""

    def __init__(self, path: Path | None, max_waiting_bytes: int = MAX_WAITING_BYTES) -> None:
        self._path = path
        self._max_waiting_bytes = max_waiting_bytes
        self._descriptor = _STANDARD_OUTPUT if path is None else _open(path)
        self._queue: SimpleQueue[tuple[bytes | bytearray, int] | None] = SimpleQueue()
        # Each of these is written by one side only: by the caller, or by the thread.
        self._given_bytes = 0
        self._done_bytes = 0
        self._dropped = 0
        self._failed = 0
        self._is_torn = False
        self._log_throttle = LogThrottle(60)
        # A daemon: a pipe that nobody reads must not keep the process from ending.
        self._thread = Thread(target=self._write_for_ever, name="log-writer", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> int:
        """Lines that were dropped or could not be written."""
        return self._dropped + self._failed

    def put(self, piece: bytes | bytearray, lines: int) -> None:
        """Have `piece`, which consists of `lines` whole lines, written soon; never waits."""
        if self._given_bytes - self._done_bytes + len(piece) > self._max_waiting_bytes:
            self._dropped += lines
            return
        self._given_bytes += len(piece)
        self._queue.put((piece, lines))

    def close(self, seconds: float) -> None:
        """Write what waits, for at most `seconds`; called outside of the event loop."""
        if not self._thread.is_alive():
            return
        self._queue.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            waiting = self._given_bytes - self._done_bytes
            logger.error("access_log.not_written", extra={"bytes": waiting})
        elif self._path is not None:
            os.close(self._descriptor)

    def _write_for_ever(self) -> None:
        while (item := self._queue.get()) is not None:
            piece, lines = item
            try:
                self._follow_rotation()
                self._write(piece)
            except OSError as error:
                self._failed += lines
                if self._log_throttle.is_due():
                    logger.warning("access_log.write_failed", extra={"errno": error.errno})
            self._done_bytes += len(piece)

    def _follow_rotation(self) -> None:
        if self._path is None:
            return
        held = os.fstat(self._descriptor)
        try:
            there = self._path.stat()
        except FileNotFoundError:
            there = None
        if there is None or not os.path.samestat(there, held):
            fresh = _open(self._path)
            os.close(self._descriptor)
            self._descriptor = fresh
            self._is_torn = False

    def _write(self, piece: bytes | bytearray) -> None:
        # If the last write broke off in the middle of a line, that line is ended first.
        rest = memoryview(b"\n" + piece if self._is_torn else piece)
        while rest:
            written = os.write(self._descriptor, rest)
            self._is_torn = rest[written - 1] != ord("\n")
            rest = rest[written:]


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
