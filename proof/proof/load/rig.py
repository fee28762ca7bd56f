"""The whole platform on cores of its own, and the CPU time and memory of its processes."""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psutil

from proof.platforms import running
from stagify_local.environment import SERVICES, database_url
from stagify_local.installation import Running
from stagify_local.platform import Platform
from stagify_local.ports import LOOPBACK
from stagify_local.postgres import SUPERUSER

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Cores:
    """Which cores the platform and the generator use. With a single core the figures say little."""

    platform: frozenset[int]
    generator: frozenset[int]

    @classmethod
    def split(cls) -> "Cores":
        """The last core for the generator, the others for the platform."""
        cores = sorted(os.sched_getaffinity(0))
        return cls(frozenset(cores[:-1] or cores), frozenset(cores[-1:]))


class Rig:
    """A running platform that is being measured."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.cores = Cores.split()
        running = platform.installation.running()
        assert isinstance(running, Running)
        self._ports = {process.name: process.port for process in running.processes}

    @property
    def port(self) -> int:
        """The gateway's."""
        return self.platform.gateway_port

    def address_of(self, part: str) -> int:
        """The port of a part or process by its full name."""
        return self._ports[part]

    def database_url(self, service: str, role: str) -> str:
        """The database of a service as one of its roles."""
        deployable = next(each for each in SERVICES if each.name == service)
        return database_url(self.platform.state, self._ports["postgres"], deployable, role)

    def admin_url(self, database: str) -> str:
        """A database as the superuser."""
        password = self.platform.state.secret("postgres.superuser")
        port = self._ports["postgres"]
        return f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{port}/{database}"

    def endings(self) -> Counter[str]:
        """The access log's lines about requests that got no complete answer from a service."""
        found: Counter[str] = Counter()
        for text in self.platform.log("gateway-access").splitlines():
            line = json.loads(text)
            if line["code"]:
                found[f"{line['method']} {line['status']} {line['code']}"] += 1
        return found

    def pin(self) -> None:
        """Move every thread of the platform to its cores."""
        for processes in self.processes().values():
            for process in processes:
                for thread in _threads(process):
                    with contextlib.suppress(ProcessLookupError):
                        os.sched_setaffinity(thread, self.cores.platform)

    def processes(self) -> Mapping[str, list[psutil.Process]]:
        """Each part and process with its descendants, by its full name."""
        running = self.platform.installation.running()
        assert isinstance(running, Running)
        found: dict[str, list[psutil.Process]] = {}
        for each in running.processes:
            if each.pid is not None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    leader = psutil.Process(each.pid)
                    found[each.name] = [leader, *leader.children(recursive=True)]
        return found

    def cpu_seconds(self) -> dict[str, float]:
        """User and system time so far, by process."""
        return {
            name: sum(_cpu(process) for process in processes)
            for name, processes in self.processes().items()
        }

    def memory_mib(self) -> dict[str, float]:
        """Memory (PSS) by process; memory that several share is counted once over all of them."""
        return {
            name: round(sum(_pss(process) for process in processes) / MEBIBYTE, 1)
            for name, processes in self.processes().items()
        }


@contextlib.contextmanager
def running_rig() -> Iterator[Rig]:
    """A platform with the fast engine."""
    with running(engine="fast") as platform:
        yield Rig(platform)


def difference(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """The increase by process; none for one that was replaced meanwhile."""
    return {name: round(after[name] - before.get(name, 0.0), 2) for name in after}


def _threads(process: psutil.Process) -> list[int]:
    try:
        return [thread.id for thread in process.threads()]
    except psutil.NoSuchProcess:
        return []


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0
