"""Starts processes in groups, each ready before the next; restarts what crashes; stops in reverse."""

import contextlib
import http.client
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from stagify_local.errors import StartError
from stagify_local.ports import LOOPBACK
from stagify_local.process import POLL_SECONDS, ManagedProcess

WATCH_SECONDS = 0.2
FIRST_BACKOFF_SECONDS = 1.0
LAST_BACKOFF_SECONDS = 30.0
# A process that ran this long before it crashed starts again without a longer wait.
SETTLED_SECONDS = 10.0

Say = Callable[[str], None]


@dataclass
class Unit:
    """A process with its readiness, and how its restarts are going."""

    process: ManagedProcess
    ready: Callable[[], bool]
    port: int
    timeout_seconds: float = 180.0
    started_at: float = field(default=0.0, init=False)
    restart_at: float | None = field(default=None, init=False)
    backoff_seconds: float = field(default=FIRST_BACKOFF_SECONDS, init=False)

    @property
    def name(self) -> str:
        return self.process.name

    def start(self) -> None:
        self.process.start()
        self.started_at = time.monotonic()
        self.restart_at = None


class Supervisor:
    """Keeps units running. One thread watches; `stop` ends it before it ends the units."""

    def __init__(self, say: Say, *, on_change: Callable[[], None] = lambda: None) -> None:
        self._say = say
        self._on_change = on_change
        self._groups: list[Sequence[Unit]] = []
        self._lock = Lock()
        self._stopping = Event()
        self._watcher: Thread | None = None

    @property
    def units(self) -> list[Unit]:
        """All units in the order they were started."""
        return [unit for group in self._groups for unit in group]

    def start(self, units: Sequence[Unit]) -> None:
        """Start these side by side and return once all are ready; a failure is a StartError."""
        begun = time.monotonic()
        self._groups.append(units)
        for unit in units:
            unit.start()
        waiting = list(units)
        while waiting:
            for unit in [unit for unit in waiting if is_ready(unit, begun)]:
                waiting.remove(unit)
                self._say(f"{unit.name:<20} ready after {time.monotonic() - begun:.1f} s")
            time.sleep(POLL_SECONDS if waiting else 0)
        self._on_change()

    def watch(self) -> None:
        """From now on restart, with growing pauses, any process that ends by itself."""
        self._watcher = Thread(target=self._watch, name="supervisor", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop the groups in reverse order; the units of a group side by side."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        with ThreadPoolExecutor(16) as pool:
            for group in reversed(self._groups):
                list(pool.map(lambda unit: unit.process.stop(), group))
        self._groups.clear()

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            for unit in self.units:
                if not unit.process.running:
                    self._revive(unit)

    def _revive(self, unit: Unit) -> None:
        now = time.monotonic()
        if unit.restart_at is None:
            if now - unit.started_at > SETTLED_SECONDS:
                unit.backoff_seconds = FIRST_BACKOFF_SECONDS
            unit.restart_at = now + unit.backoff_seconds
            self._say(
                f"{unit.name} ended with {unit.process.exit_status}; "
                f"again in {unit.backoff_seconds:.0f} s (see {unit.process.command.log})"
            )
            # Processes left in its group would keep the port.
            unit.process.sweep()
            unit.backoff_seconds = min(2 * unit.backoff_seconds, LAST_BACKOFF_SECONDS)
        elif now >= unit.restart_at:
            unit.start()
            self._on_change()


def is_ready(unit: Unit, begun: float) -> bool:
    """Whether the unit is ready; a StartError if it ended or takes too long."""
    if not unit.process.running:
        status = unit.process.exit_status
        raise StartError(f"{unit.name} ended with {status}.\n{unit.process.tail()}")
    if unit.ready():
        return True
    if time.monotonic() - begun > unit.timeout_seconds:
        raise StartError(
            f"{unit.name} was not ready after {unit.timeout_seconds:.0f} s.\n{unit.process.tail()}"
        )
    return False


def answers_ready(port: int) -> bool:
    """Whether /readyz on this port says 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=3)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
