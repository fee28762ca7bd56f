"""How long it takes until everything works again after the last part has come back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

import asyncpg
import httpx
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from proof.faults.customers import Customers
from proof.faults.history import Tenant
from proof.faults.world import DATABASES, World
from stagify.topology import CONSUMERS

BAR_SECONDS = 10.0
# After this a run goes on to its next fault, and fails in the end.
GIVE_UP_SECONDS = 60.0
POLL_SECONDS = 0.2
PATHS = ("/v1/tenant", "/v1/session", "/v1/projects", "/v1/usage")

UNSENT = "SELECT count(*) FROM outbox WHERE created_at <= $1"
JOBS_GO_ON = """
SELECT NOT EXISTS (SELECT 1 FROM jobs WHERE state = 'queued' AND due_at <= $1)
    OR EXISTS (SELECT 1 FROM jobs WHERE served_at > $1)
"""
# A job of a process that died is continued by another.
JOBS_RESUME = """
SELECT NOT EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND served_at <= $1)
"""
AWAY = (
    OSError,
    TimeoutError,
    KafkaError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    httpx.TransportError,
)

Check = Callable[[], Awaitable[bool]]


class Recovery:
    """Waits until the platform serves `tenant` and has worked off everything that had piled up."""

    def __init__(self, world: World, customers: Customers, tenant: Tenant) -> None:
        self._world = world
        self._customers = customers
        self._tenant = tenant

    async def wait(self, returned: float) -> dict[str, float]:
        """Seconds from `returned` (monotonic) until each thing worked; inf if it never did."""
        checks = self._checks(datetime.now(UTC))
        # In parallel, so that a check which waits for its time-out does not delay the others.
        passed = await asyncio.gather(*(_passed(check, returned) for check in checks.values()))
        return dict(zip(checks, passed, strict=True))

    def _checks(self, moment: datetime) -> dict[str, Check]:
        checks: dict[str, Check] = {f"serves {path}": partial(self._serves, path) for path in PATHS}
        for name, port in self._world.ports.items():
            if " " in name:
                checks[f"{name} ready"] = partial(self._ready, port)
        for database in DATABASES:
            checks[f"{database} relay"] = partial(self._sent, database, moment)
        checks["jobs go on"] = partial(self._holds, JOBS_GO_ON, moment)
        checks["jobs resume"] = partial(self._holds, JOBS_RESUME, moment)
        ends = _Ends(self._world)
        for name in CONSUMERS:
            checks[f"{name} consumer"] = partial(ends.are_passed_by, name)
        return checks

    async def _serves(self, path: str) -> bool:
        return await self._customers.serves(self._tenant, path)

    async def _ready(self, port: int) -> bool:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as http:
            answer = await http.get(f"http://127.0.0.1:{port}/readyz")
            return answer.status_code == HTTPStatus.OK

    async def _sent(self, database: str, moment: datetime) -> bool:
        return bool(await self._world.value(database, UNSENT, moment) == 0)

    async def _holds(self, condition: str, moment: datetime) -> bool:
        return bool(await self._world.value("staging", condition, moment))


class _Ends:
    """What was on the topics at the first look, and whether a consumer has passed it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._first_look = asyncio.Lock()
        self._ends: dict[TopicPartition, int] = {}

    async def are_passed_by(self, name: str) -> bool:
        async with self._first_look:
            if not self._ends:
                self._ends = await self._world.ends()
        return await self._world.behind(name, self._ends) == 0


async def _passed(check: Check, returned: float) -> float:
    """Seconds from `returned` until the check passed; inf if it never did."""
    try:
        async with asyncio.timeout(GIVE_UP_SECONDS):
            while not await _holds_now(check):  # noqa: ASYNC110
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        return float("inf")
    return time.monotonic() - returned


async def _holds_now(check: Check) -> bool:
    try:
        return await check()
    except AWAY:
        return False
