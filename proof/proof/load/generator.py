"""A load generator: reads a pickled `Plan` from stdin, writes pickled `Measurements` to stdout.

In an open loop requests are due by a clock, not by answers, and a request's time runs from when
it was due, so that a slow server cannot slow down its own examination. Raw sockets, because an
HTTP library would take more of the machine than the server under test.
"""

import asyncio
import os
import pickle
import random
import re
import resource
import sys
import time
from collections import deque
from itertools import accumulate, cycle
from typing import cast

import uvloop

from proof.load.offers import BROKEN_OFF, TIMED_OUT, Choice, Measurements, Outcome, Phase, Plan

SWEEP_SECONDS = 0.25
OPEN_FILES = 16_384
SLOW_BYTES = 200
# Clients are at many addresses, and all slow connections at one.
SOURCES = [f"127.0.1.{number}" for number in range(1, 65)]
SLOW_SOURCE = "127.0.2.1"
# After this long, a slow connection that was closed is opened again.
SLOW_REOPEN_SECONDS = 5.0
CODE = re.compile(rb'"code":"([a-z_]+)"')


class Stock:
    """The messages of one choice."""

    def __init__(self, choice: Choice) -> None:
        self.group = choice.group
        self._is_stock = choice.is_stock
        self._messages = deque(choice.messages)
        self._first = choice.messages[0]
        self._used: deque[bytes] = deque()

    def take(self) -> bytes:
        """The next message; when a stock is used up, one that was answered before."""
        if not self._is_stock:
            self._messages.rotate(-1)
            return self._messages[-1]
        if self._messages:
            return self._messages.popleft()
        self._used.rotate(-1)
        # All of a small stock may be under way; then one of them is sent twice at a time.
        return self._used[-1] if self._used else self._first

    def settle(self, message: bytes, status: int) -> None:
        """`message` was answered."""
        if self._is_stock:
            is_settled = status > 0 and status not in (429, 503)
            (self._used if is_settled else self._messages).append(message)


class Request:
    """A request under way."""

    __slots__ = ("began", "due", "message", "phase", "stock")

    def __init__(self, phase: str, stock: Stock, began: float, due: float) -> None:
        self.phase = phase
        self.began = began
        self.stock = stock
        self.due = due
        self.message = stock.take()


class Connection(asyncio.Protocol):
    """A kept connection with one request at a time."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._buffer = b""
        self._request: Request | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        # A cast: the transports of uvloop are no subclasses of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: Request) -> None:
        """Send it."""
        self._request = request
        self._transport.write(request.message)

    @property
    def is_usable(self) -> bool:
        return not self._transport.is_closing()

    def give_up(self, due_before: float) -> None:
        """Time out, if the request under way was due before then."""
        if self._request is not None and self._request.due < due_before:
            self._end(TIMED_OUT)
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        head = head.lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            return
        self._buffer = b""
        status = int(head[9:12])
        if status >= 400:
            self._load.note_refusal(status, head, body)
        if self._end(status):
            self._load.idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._load.connections.discard(self)
        self._end(BROKEN_OFF)

    def _end(self, status: int) -> bool:
        request, self._request = self._request, None
        if request is None:
            return False
        self._load.note(request, status)
        return True


class SlowConnection(asyncio.Protocol):
    """Sends all but the end of a message, then a byte now and then; never reads on purpose."""

    def __init__(self, message: bytes) -> None:
        self.message = message
        self.closed_at: float | None = None
        self._head, self._rest = message[:-SLOW_BYTES], message[-SLOW_BYTES:]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._head)

    def drip(self) -> None:
        """Send one more byte, unless it was the last one."""
        if len(self._rest) > 1 and not self._transport.is_closing():
            self._transport.write(self._rest[:1])
            self._rest = self._rest[1:]

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.closed_at = time.monotonic()

    def close(self) -> None:
        """Be gone."""
        self._transport.abort()


class Load:
    """Carries out a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._stocks: dict[str, tuple[list[Stock], list[float]]] = {}
        for group in {choice.group for choice in plan.choices}:
            choices = [choice for choice in plan.choices if choice.group == group]
            weights = list(accumulate(choice.weight for choice in choices))
            self._stocks[group] = ([Stock(choice) for choice in choices], weights)
        self._under_way = 0
        self._answered = asyncio.Event()
        self._phase_began = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.measured = Measurements()
        self.idle: list[Connection] = []
        self.connections: set[Connection] = set()
        self.slow: set[SlowConnection] = set()

    async def run(self) -> Measurements:
        """All phases, one after the other, each until its last answer."""
        sweep = asyncio.create_task(self._sweep())
        for phase in self._plan.phases:
            cpu = time.process_time()
            if phase.slow_connections:
                await self._open_slow(phase.slow_connections)
            self._phase_began = time.monotonic()
            await (self._close_loop(phase) if phase.concurrency else self._open_loop(phase))
            for connection in self.slow:
                connection.close()
            self.slow.clear()
            if phase.concurrency:
                while self._under_way:
                    self._answered.clear()
                    await self._answered.wait()
            self.measured.cpu_seconds[phase.name] = time.process_time() - cpu
        while self._under_way:
            self._answered.clear()
            await self._answered.wait()
        sweep.cancel()
        return self.measured

    async def _open_slow(self, count: int) -> None:
        messages = cycle(self._plan.slow_messages)
        for _ in range(count):
            await self._connect_slowly(next(messages))

    async def _connect_slowly(self, message: bytes) -> None:
        slow = SlowConnection(message)
        self.slow.add(slow)
        await asyncio.get_running_loop().create_connection(
            lambda: slow, "127.0.0.1", self._plan.port, local_addr=(SLOW_SOURCE, 0)
        )

    async def _open_loop(self, phase: Phase) -> None:
        groups, rates = list(phase.rates), list(phase.rates.values())
        cumulated, total = list(accumulate(rates)), sum(rates)
        due, end = self._phase_began, self._phase_began + phase.seconds
        while True:
            # Independent clients: the gaps between them are exponential.
            due += self._random.expovariate(total)
            if due >= end:
                break
            if (ahead := due - time.monotonic()) > 0:
                await asyncio.sleep(ahead)
            else:
                self.measured.late_seconds = max(self.measured.late_seconds, -ahead)
            (group,) = self._random.choices(groups, cum_weights=cumulated)
            self._start(phase, group, due)
        await asyncio.sleep(max(0.0, end - time.monotonic()))

    async def _close_loop(self, phase: Phase) -> None:
        groups = list(self._stocks)
        end = self._phase_began + phase.seconds
        while (now := time.monotonic()) < end:
            for _ in range(phase.concurrency - self._under_way):
                self._start(phase, self._random.choice(groups), now)
            self._answered.clear()
            await self._answered.wait()

    def _start(self, phase: Phase, group: str, due: float) -> None:
        stocks, weights = self._stocks[group]
        (stock,) = self._random.choices(stocks, cum_weights=weights)
        request = Request(phase.name, stock, self._phase_began, due)
        self._under_way += 1
        while self.idle:
            connection = self.idle.pop()
            if connection.is_usable:
                connection.send(request)
                return
        task = asyncio.create_task(self._connect(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, request: Request) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._plan.patience_seconds):
                _, connection = await loop.create_connection(
                    lambda: Connection(self),
                    "127.0.0.1",
                    self._plan.port,
                    local_addr=(self._random.choice(SOURCES), 0),
                )
        except TimeoutError:
            self.note(request, TIMED_OUT)
        except OSError:
            self.note(request, BROKEN_OFF)
        else:
            self.connections.add(connection)
            connection.send(request)

    def note(self, request: Request, status: int) -> None:
        """`request` is over."""
        self._under_way -= 1
        self._answered.set()
        request.stock.settle(request.message, status)
        seconds = time.monotonic() - request.due
        due = request.due - request.began
        self.measured.outcomes.append(
            Outcome(request.phase, request.stock.group, due, seconds, status)
        )

    def note_refusal(self, status: int, head: bytes, body: bytes) -> None:
        """Count an answer that is not a success."""
        code = CODE.search(body)
        self.measured.codes[f"{status} {code[1].decode() if code else ''}".strip()] += 1
        if status in (429, 503) and b"\r\nretry-after: " not in head:
            self.measured.without_retry_after += 1

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for connection in list(self.connections):
                connection.give_up(time.monotonic() - self._plan.patience_seconds)
            now = time.monotonic()
            for slow in list(self.slow):
                if slow.closed_at is None:
                    slow.drip()
                elif slow.closed_at + SLOW_REOPEN_SECONDS < now:
                    self.slow.discard(slow)
                    await self._connect_slowly(slow.message)


def main() -> None:
    plan: Plan = pickle.load(sys.stdin.buffer)
    os.sched_setaffinity(0, plan.cores)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))

    async def run() -> Measurements:
        return await Load(plan).run()

    pickle.dump(uvloop.run(run()), sys.stdout.buffer)


if __name__ == "__main__":
    main()
