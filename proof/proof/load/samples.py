"""What a running platform uses: memory, threads, files, connections, tasks, unsent events."""

import contextlib
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil
from prometheus_client.parser import text_string_to_metric_families

from proof.load.rig import MEBIBYTE, Rig
from stagify_local.environment import SERVICES
from stagify_local.ports import LOOPBACK

BACKENDS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
# Measures by process, from the operating system.
MEASURES: Mapping[str, Callable[[psutil.Process], float]] = {
    "memory_mib": lambda process: process.memory_full_info().pss / MEBIBYTE,
    "threads": lambda process: process.num_threads(),
    "files": lambda process: process.num_fds(),
    "sockets": lambda process: count_sockets(process.pid),
}


@dataclass(frozen=True)
class Sample:
    """Everything at one moment: measure → process or part → value."""

    at: float
    values: dict[str, dict[str, float]] = field(default_factory=dict)


class Sampler:
    """Takes samples of one platform."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._began = time.monotonic()
        self.samples: list[Sample] = []

    async def take(self) -> None:
        """One more sample."""
        values = {name: self._measured(measure) for name, measure in MEASURES.items()}
        values |= self._scraped()
        values["rows"] = await self._rows()
        self.samples.append(Sample(round(time.monotonic() - self._began, 1), values))

    def series(self, measure: str, name: str, samples: Sequence[Sample]) -> list[float]:
        """One value of these samples, where it is known."""
        return [
            sample.values[measure][name]
            for sample in samples
            if name in sample.values.get(measure, {})
        ]

    def _measured(self, measure: Callable[[psutil.Process], float]) -> dict[str, float]:
        found = {}
        for name, processes in self._rig.processes().items():
            total = 0.0
            for process in processes:
                # A process that has just ended has nothing open.
                with contextlib.suppress(
                    psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError
                ):
                    total += measure(process)
            found[name] = round(total, 1)
        return found

    def _scraped(self) -> dict[str, dict[str, float]]:
        """From /metrics of our processes: event-loop tasks, and messages not handled yet."""
        tasks, lag = {}, {}
        for name, port in self._rig.platform.ports().items() | {self._gateway()}:
            url = f"http://{LOOPBACK}:{port}/metrics"
            with urllib.request.urlopen(url, timeout=10) as answer:
                text = answer.read().decode()
            for family in text_string_to_metric_families(text):
                if family.name == "stagify_asyncio_tasks":
                    tasks[name] = family.samples[0].value
                elif family.name == "stagify_consumer_lag":
                    lag[name] = sum(sample.value for sample in family.samples)
        return {"tasks": tasks, "lag": lag}

    def _gateway(self) -> tuple[str, int]:
        return "gateway", self._rig.address_of("gateway")

    async def _rows(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for service in SERVICES:
            connection = await asyncpg.connect(self._rig.admin_url(str(service.database)))
            try:
                found[f"{service.database} outbox"] = await connection.fetchval(
                    "SELECT count(*) FROM outbox"
                )
                found["backends"] = await connection.fetchval(BACKENDS)
            finally:
                await connection.close()
        return found


def count_sockets(pid: int) -> int:
    """Open sockets of a process."""
    count = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(entry.readlink()).startswith("socket:")
    return count
