"""What goes wrong, and when: a plan made from a seed, and the hand that carries it out."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from signal import SIGKILL, SIGTERM
from typing import Literal

import asyncpg
import psutil
from faults_world import DATABASES, World

from stagify_local.environment import SERVICES
from stagify_local.platform import Platform, process_name
from stagify_local.ports import accepts
from stagify_local.process import ManagedProcess
from stagify_local.supervisor import answers_ready

Kind = Literal["kill", "pause", "restart", "terminate", "kill child"]

PARTS = ("postgres", "kafka", "objectstore")
PROCESSES = tuple(
    process_name(service.name, kind) for service in SERVICES for kind in service.processes
)
APIS = tuple(name for name in PROCESSES if name.endswith(" api"))
WORKERS = tuple(name for name in PROCESSES if name.endswith(" worker"))
JOBS = "staging-svc jobs"
BACK_SECONDS = 60.0
POLL_SECONDS = 0.05
# A child that cleans a photo lives for a fraction of a second.
CHILD_SECONDS = 15.0

TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = $1 AND backend_type = 'client backend' AND application_name <> 'faults'
ORDER BY md5(pid::text || $2) LIMIT $3
"""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, `delay` seconds after the blow begins."""

    kind: Kind
    target: str
    seconds: float = 0.0
    delay: float = 0.0

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"+{self.delay:.1f} s {self.kind} {self.target}{lasting}"


Blow = tuple[Fault, ...]


def plan(random: Random, faults: int, *, longest_pause: float) -> list[Blow]:
    """Blows of `faults` faults together: everything once alone, and the nastiest pairs."""
    deck: Iterator[Blow] = itertools.chain.from_iterable(_decks(random, longest_pause))
    blows: list[Blow] = []
    while faults > 0:
        blow = next(deck)[:faults]
        blows.append(blow)
        faults -= len(blow)
    return blows


def _decks(random: Random, longest_pause: float) -> Iterator[list[Blow]]:
    """Pairs come first, so that a short plan has the most of them."""
    while True:
        for blows in (_pairs(random, longest_pause), _singles(random, longest_pause)):
            random.shuffle(blows)
            yield blows


def _pause(random: Random, longest: float) -> float:
    """Short ones mostly; a third as long as they may be."""
    return longest if random.random() < 0.3 else random.uniform(0.3, longest / 2)


def _singles(random: Random, longest: float) -> list[Blow]:
    killed = [Fault("kill", name) for name in (*PROCESSES, "gateway", *PARTS)]
    # PostgreSQL is many processes in groups of their own; its single backends are terminated.
    paused = [
        Fault("pause", name, _pause(random, longest))
        for name in (*PROCESSES, "gateway", "kafka", "objectstore")
    ]
    ended = [Fault("terminate", database, random.randint(1, 3)) for database in DATABASES]
    restarted = [Fault("restart", name) for name in ("kafka", "gateway", *PROCESSES)]
    child = Fault("kill child", JOBS)
    return [(fault,) for fault in (*killed, *paused, *ended, *restarted, child)]


def _pairs(random: Random, longest: float) -> list[Blow]:
    """Two parts at a time that lean on each other, a moment apart."""
    long = longest
    pairs = [
        # The relay and the consumers lose the broker and one of them itself.
        (Fault("kill", "kafka"), Fault("kill", random.choice(WORKERS))),
        (Fault("pause", "kafka", long), Fault("terminate", random.choice(DATABASES), 3)),
        (Fault("pause", "kafka", long), Fault("kill", random.choice(WORKERS))),
        (Fault("kill", "kafka"), Fault("kill", "postgres")),
        (Fault("restart", "kafka"), Fault("pause", random.choice(WORKERS), long)),
        # A process that sleeps while its connection ends and others take over its work.
        (Fault("pause", random.choice(WORKERS), long), Fault("terminate", "staging", 3)),
        (Fault("pause", JOBS, long), Fault("kill", "staging-svc worker")),
        (Fault("pause", random.choice(APIS), long), Fault("kill", "gateway")),
        (Fault("kill", "postgres"), Fault("kill", random.choice(APIS))),
        (Fault("kill", "postgres"), Fault("kill", JOBS)),
        (Fault("kill", "objectstore"), Fault("kill", JOBS)),
        (Fault("pause", "objectstore", long), Fault("terminate", "staging", 3)),
        (Fault("kill", "usage-svc api"), Fault("kill", JOBS)),
        (Fault("pause", "usage-svc api", long), Fault("kill", "usage-svc worker")),
        (Fault("kill", "tenant-svc api"), Fault("kill", "identity-svc api")),
        (Fault("kill child", JOBS), Fault("terminate", "staging", 2)),
    ]
    return [
        (first, Fault(second.kind, second.target, second.seconds, random.uniform(0.0, 1.5)))
        for first, second in pairs
    ]


class Nemesis:
    """Carries out blows on one platform. Touches nothing that the platform did not start."""

    def __init__(self, platform: Platform, world: World, random: Random) -> None:
        self._platform = platform
        self._world = world
        self._random = random
        self.killed_children = 0

    def pids(self) -> dict[str, int | None]:
        """What runs now."""
        return {name: self._process(name).pid for name in self._world.ports}

    async def strike(self, blow: Blow) -> float:
        """Do the faults of `blow` and return when the last part is back: that moment."""
        async with asyncio.TaskGroup() as group:
            for fault in blow:
                group.create_task(self._do(fault))
        return time.monotonic()

    async def _do(self, fault: Fault) -> None:
        await asyncio.sleep(fault.delay)
        match fault.kind:
            case "kill":
                await self._end(fault.target, SIGKILL)
            case "restart":
                await self._end(fault.target, SIGTERM)
            case "pause":
                await self._hold(fault.target, fault.seconds)
            case "terminate":
                await self._terminate(fault.target, int(fault.seconds))
            case "kill child":
                await self._kill_child(fault.target)

    async def _end(self, name: str, signal: Literal[SIGKILL, SIGTERM]) -> None:  # type: ignore[valid-type]
        process = self._process(name)
        before = process.pid
        process.signal(signal)
        deadline = time.monotonic() + BACK_SECONDS
        while process.pid in (None, before) or not await self._is_ready(name):
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} did not come back:\n{process.tail(40)}")
            await asyncio.sleep(POLL_SECONDS)

    async def _hold(self, name: str, seconds: float) -> None:
        process = self._process(name)
        process.pause()
        try:
            await asyncio.sleep(seconds)
        finally:
            process.resume()

    async def _terminate(self, database: str, backends: int) -> None:
        """End some connections of one service; it is no fault if the server is away just now."""
        try:
            await self._world.rows(
                database, TERMINATE, database, str(self._random.random()), backends
            )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return

    async def _kill_child(self, name: str) -> None:
        """Kill the next child that the process has; none may be at work just now."""
        deadline = time.monotonic() + CHILD_SECONDS
        while time.monotonic() < deadline:
            pid = self._process(name).pid
            children = psutil.Process(pid).children() if pid is not None else []
            for child in children:
                child.send_signal(SIGKILL)
                self.killed_children += 1
                return
            await asyncio.sleep(0.01)

    async def _is_ready(self, name: str) -> bool:
        port = self._world.ports[name]
        if name == "postgres":
            return await self._takes_connections()
        probe = accepts if name in PARTS else answers_ready
        return await asyncio.to_thread(probe, port)

    async def _takes_connections(self) -> bool:
        try:
            await self._world.rows(DATABASES[0], "SELECT 1")
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    def _process(self, name: str) -> ManagedProcess:
        return self._platform.process(name)
