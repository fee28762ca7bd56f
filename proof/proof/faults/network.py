"""The wires between our processes and the parts they use, so that connections can fail too.

Each part is reached through a port of ours that passes on every byte, and that can be made slow
or narrow, or be told to break connections or to pass nothing for a while. The wires run in a
thread of their own, so that they do not wait for the rest of the run.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Literal, Self, get_args

import uvloop

from stagify_local.ports import LOOPBACK

# slow: everything comes late. thin: a kilobyte a second. reset: every connection is broken, and
# so is each new one. silent: nothing comes any more, without any sign.
Trouble = Literal["slow", "thin", "reset", "silent"]
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)

LATE_SECONDS = 2.0
BYTES_PER_SECOND = 1024
SLICE_SECONDS = 0.25
PIECE_BYTES = 64 * 1024
START_SECONDS = 10.0
# SO_LINGER with no time: closing sends RST instead of FIN (socket(7)).
ABORT = struct.pack("ii", 1, 0)


class Network:
    """The wires of one platform: `detour` is what the platform asks."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._wires: dict[str, _Wire] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for wire in self._wires.values():
            self._call(wire.close()).result(START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def detour(self, part: str, port: int) -> int:
        """The port that leads to `port` over a wire."""
        wire = self._wires[part] = _Wire(port)
        leading: int = self._call(wire.open()).result(START_SECONDS)
        return leading

    async def disturb(self, part: str, trouble: Trouble, seconds: float) -> None:
        """Disturb the wire to `part` for so long; called from the loop of another thread."""
        await asyncio.wrap_future(self._call(self._wires[part].disturb(trouble, seconds)))

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


class _Wire:
    """A port that leads to another, and can be disturbed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._trouble: Trouble | None = None
        self._is_over = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        self._server.close()
        self._break_off()

    async def disturb(self, trouble: Trouble, seconds: float) -> None:
        self._is_over.clear()
        self._trouble = trouble
        if trouble == "reset":
            self._break_off()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._trouble = None
            self._is_over.set()

    def _break_off(self) -> None:
        for writer in list(self._writers):
            _abort(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._trouble == "reset":
            _abort(writer)
            return
        try:
            to_reader, to_writer = await asyncio.open_connection(LOOPBACK, self._port)
        except OSError:
            _abort(writer)
            return
        ends = {writer, to_writer}
        self._writers |= ends
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, to_writer))
                group.create_task(self._carry(to_reader, writer))
        except* (OSError, RuntimeError):
            # uvloop's RuntimeError: the other end has just closed.
            for each in ends:
                _abort(each)
        finally:
            self._writers -= ends
            for each in ends:
                each.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on everything that comes, in order, and finally the end."""
        loop = asyncio.get_running_loop()
        # Pieces and when they are due: latency delays each by as much, however many there are.
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=64)

        async def receive() -> None:
            while True:
                piece = await reader.read(PIECE_BYTES)
                late = LATE_SECONDS if self._trouble == "slow" else 0.0
                await pieces.put((loop.time() + late, piece))
                if not piece:
                    return

        async def send() -> None:
            while True:
                due, piece = await pieces.get()
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                if not piece:
                    await self._let_pass()
                    writer.write_eof()
                    return
                await self._send(writer, piece)

        async with asyncio.TaskGroup() as group:
            group.create_task(receive())
            group.create_task(send())

    async def _send(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        while piece:
            await self._let_pass()
            size = len(piece)
            if self._trouble == "thin":
                await asyncio.sleep(SLICE_SECONDS)
                size = int(BYTES_PER_SECOND * SLICE_SECONDS)
            writer.write(piece[:size])
            await writer.drain()
            piece = piece[size:]

    async def _let_pass(self) -> None:
        if self._trouble == "silent":
            await self._is_over.wait()


def _abort(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.is_closing():
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    writer.transport.abort()
