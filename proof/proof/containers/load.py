"""Requests at a steady pace, each sent once: every one without a good answer has failed."""

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from proof.customers import photo
from proof.faults.history import History, Project, Tenant
from proof.faults.recovery import PATHS
from proof.stopping import Stopping
from stagify_local.customer import code_of, put

# Clients that read, each at most this often. On a slow machine they wait for their answers, so
# that no limit is reached.
READERS = 6
READS_A_SECOND = 5.0
PROJECTS_A_SECOND = 1.0
# A slow answer is not a failure: the machine may have other work.
TIMEOUT_SECONDS = 30.0


@dataclass
class Tally:
    """The outcomes of the requests."""

    sent: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    answered_at: list[float] = field(default_factory=list)

    @property
    def longest_silence(self) -> float:
        """The longest time in seconds between two good answers."""
        pairs = itertools.pairwise(sorted(self.answered_at))
        return max((later - earlier for earlier, later in pairs), default=float("inf"))


class Load:
    """Reads of every service and new projects, one after the other for `tenants` in turn."""

    def __init__(self, tenants: list[Tenant], history: History) -> None:
        self._tenants = itertools.cycle(tenants)
        self._paths = itertools.cycle(PATHS)
        self._history = history
        self._photo = photo(700, 560)
        self._stopping = Stopping()
        self._tally = Tally()
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits, trust_env=False)

    def take(self) -> Tally:
        """The counts since the last call."""
        tally, self._tally = self._tally, Tally()
        return tally

    def stop(self) -> None:
        """Send no more requests."""
        self._stopping.set()

    async def run(self) -> None:
        """Send until stopped, and wait for what is under way."""
        async with self._http, asyncio.TaskGroup() as group:
            for _ in range(READERS):
                group.create_task(self._read())
            group.create_task(self._create())

    async def _read(self) -> None:
        while not await self._stopping.comes_within(1 / READS_A_SECOND):
            account = next(self._tenants).account
            await self._send(account.request("GET", next(self._paths)))

    async def _create(self) -> None:
        while not await self._stopping.comes_within(1 / PROJECTS_A_SECOND):
            await self._one_project(next(self._tenants))

    async def _one_project(self, tenant: Tenant) -> None:
        """Ticket, photo, project: two POSTs, of which only the second may be repeated."""
        ticket = await self._send(tenant.account.ticket(len(self._photo)))
        if ticket is None:
            return
        if await self._send(put(ticket.json(), self._photo)) is None:
            return
        name = f"{tenant.slug} load {len(tenant.projects) + 1:05}"
        project = Project(name, tenant.slug, tenant.plans[-1])
        tenant.projects.append(project)
        command = self._history.begin("create", tenant.slug, name)
        request = tenant.account.project(ticket.json()["id"], name=name, idempotency_key=name)
        answer = await self._send(request)
        if answer is not None:
            project.id = UUID(answer.json()["id"])
            command.outcome = "acknowledged"

    async def _send(self, request: httpx.Request) -> httpx.Response | None:
        """The answer, if it is a good one."""
        what = f"{request.method} {request.url.path}"
        tally = self._tally
        tally.sent += 1
        try:
            answer = await self._http.send(request)
        except httpx.TransportError as error:
            tally.failures[f"{what}: {type(error).__name__}"] += 1
            return None
        if not answer.is_success:
            tally.failures[f"{what}: {answer.status_code} {code_of(answer)}"] += 1
            return None
        tally.answered_at.append(time.monotonic())
        return answer
