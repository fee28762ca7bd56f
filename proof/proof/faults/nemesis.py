"""Carries out a plan, on one platform and only on processes that this run has started."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals

import asyncpg
import psutil
from aiokafka.errors import KafkaError

from proof.faults.network import Network
from proof.faults.plan import ENGINE, JOBS, PARTS, PHOTO, Blow, Fault
from proof.faults.world import DATABASES, World
from stagify_local.platform import Platform
from stagify_local.ports import accepts
from stagify_local.process import ManagedProcess
from stagify_local.supervisor import answers_ready

BACK_SECONDS = 60.0
POLL_SECONDS = 0.05
# A child that cleans a photo lives for a fraction of a second, and only if there is work.
CHILD_SECONDS = 15.0
# A child that was stopped for this long before it is killed has been given work.
CAUGHT_SECONDS = 1.0
# Of each partition.
REPEATED_MESSAGES = 20
CHILDREN = {PHOTO: "staging_svc.photos.child", ENGINE: "fast_child"}
# After one of these faults a job may lose an attempt that was not the photo's fault.
COSTLY = (JOBS, PHOTO, ENGINE, "postgres", "staging")

AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'faults'
ORDER BY md5(pid::text || $1) LIMIT $2
"""
OUR_OWN = "SELECT pg_backend_pid()"
TERMINATE = f"SELECT pg_terminate_backend(pid) FROM ({BACKENDS}) AS backends"


class NotBackError(AssertionError):
    """What was killed did not come back."""


class Nemesis:
    """Carries out blows; those to connections only with a `network`."""

    def __init__(
        self, platform: Platform, world: World, random: Random, network: Network | None = None
    ) -> None:
        self._platform = platform
        self._world = world
        self._random = random
        self._network = network
        # How many attempts at jobs the faults so far may have cost.
        self.attempts_lost = 0

    def pids(self) -> dict[str, int | None]:
        """What runs now."""
        return {name: self._process(name).pid for name in self._world.ports}

    async def strike(self, blow: Blow) -> float:
        """Do the faults of `blow`; returns the moment at which the last part is back."""
        ended = await asyncio.gather(*map(self._do, blow), return_exceptions=True)
        for error in filter(None, ended):
            raise error
        return time.monotonic()

    async def _do(self, fault: Fault) -> None:
        await asyncio.sleep(fault.delay)
        for _ in range(fault.times):
            self.attempts_lost += fault.target in COSTLY
            match fault.kind:
                case "kill":
                    await self._end(fault.target, SIGKILL)
                case "restart":
                    await self._end(fault.target, self._process(fault.target).command.stop_signal)
                case "pause":
                    await self._hold(self._everything_of(fault.target), fault.seconds)
                case "terminate":
                    await self._terminate(fault.target, int(fault.seconds))
                case "crash":
                    await self._crash(fault.target)
                case "repeat":
                    await self._repeat(fault.target)
                case "kill child":
                    await self._kill_child(fault.target)
                case "pause child":
                    await self._hold(await self._child(fault.target), fault.seconds)
                case "slow" | "thin" | "reset" | "silent":
                    assert self._network is not None
                    await self._network.disturb(fault.target, fault.kind, fault.seconds)

    async def _end(self, name: str, signal: Signals) -> None:
        process = self._process(name)
        before = process.pid
        process.signal(signal)
        deadline = time.monotonic() + BACK_SECONDS
        while process.pid in (None, before) or not await self._is_ready(name):
            if time.monotonic() > deadline:
                raise NotBackError(f"{name} did not come back:\n{process.tail(40)}")
            await asyncio.sleep(POLL_SECONDS)

    def _everything_of(self, name: str) -> list[psutil.Process]:
        """A process and its children; PostgreSQL is one for each connection."""
        pid = self._process(name).pid
        with contextlib.suppress(psutil.NoSuchProcess):
            if pid is not None:
                process = psutil.Process(pid)
                return [process, *process.children(recursive=True)]
        return []

    async def _hold(self, processes: Iterable[psutil.Process], seconds: float) -> None:
        async with _stopped(processes):
            await asyncio.sleep(seconds)

    async def _terminate(self, database: str, number: int) -> None:
        await self._backends(TERMINATE, database, self._random_text(), number)

    async def _backends(self, query: str, database: str, *args: object) -> list[int]:
        """The result of a query about connections; nothing if the server is away just now."""
        try:
            rows = await self._world.rows(database, query, *args)
        except AWAY:
            return []
        return [row[0] for row in rows]

    async def _crash(self, database: str) -> None:
        """Kill one process of the server, which then ends all others and recovers."""
        server = self._process("postgres").pid
        ours = await self._backends(OUR_OWN, database)
        for pid in await self._backends(BACKENDS, database, self._random_text(), 1):
            with contextlib.suppress(psutil.NoSuchProcess):
                backend = psutil.Process(pid)
                # The number may belong to another process by now.
                if backend.ppid() == server:
                    backend.send_signal(SIGKILL)
                    await self._until_recovered(database, ours)

    async def _until_recovered(self, database: str, ours: list[int]) -> None:
        """Wait until the server, which has ended our connection too, accepts a new one."""
        deadline = time.monotonic() + BACK_SECONDS
        while await self._backends(OUR_OWN, database) in ([], ours):
            if time.monotonic() > deadline:
                raise NotBackError(f"PostgreSQL did not recover from a crash in {database}")
            await asyncio.sleep(POLL_SECONDS)

    async def _repeat(self, topic: str) -> None:
        """Ignore that the broker is away just now."""
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await self._world.repeat(topic, REPEATED_MESSAGES)

    async def _kill_child(self, name: str) -> None:
        """Kill it while it has work, as far as can be known."""
        for child in await self._child(name):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(SIGSTOP)
                await asyncio.sleep(CAUGHT_SECONDS)
                child.send_signal(SIGKILL)

    async def _child(self, name: str) -> list[psutil.Process]:
        """The next such child of the jobs process; there may be none for a long time."""
        deadline = time.monotonic() + CHILD_SECONDS
        while time.monotonic() < deadline:
            for child in self._everything_of(JOBS)[1:]:
                with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    if any(CHILDREN[name] in part for part in child.cmdline()):
                        return [child]
            await asyncio.sleep(0.01)
        return []

    async def _is_ready(self, name: str) -> bool:
        port = self._world.ports[name]
        if name == "postgres":
            return await self._takes_connections()
        probe = accepts if name in PARTS else answers_ready
        return await asyncio.to_thread(probe, port)

    async def _takes_connections(self) -> bool:
        try:
            await self._world.rows(DATABASES[0], "SELECT 1")
        except AWAY:
            return False
        return True

    def _process(self, name: str) -> ManagedProcess:
        return self._platform.process(name)

    def _random_text(self) -> str:
        return str(self._random.random())


@asynccontextmanager
async def _stopped(processes: Iterable[psutil.Process]) -> AsyncIterator[None]:
    """None of these processes runs meanwhile."""
    held = []
    try:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(SIGSTOP)
                held.append(process)
        yield
    finally:
        for process in held:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(SIGCONT)
