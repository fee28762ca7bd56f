"""The stream of commands: some customers who stay and work, and newcomers who try a few things."""

import asyncio
import subprocess
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from proof.faults.customers import Customers, UnsettledError
from proof.faults.history import History, Project, Tenant
from proof.stopping import Stopping

STAYING = 5
NEWCOMER_SECONDS = 12.0
PLANS = ("free", "pro", "enterprise")
ENDED = ("staged", "failed")
PLAN_ATTEMPTS = 40

# Puts a tenant, named by its slug, on a plan; CalledProcessError if that fails.
SetPlan = Callable[[str, str], object]


class Traffic:
    """Sends commands until `stop`, and finishes every command that it has begun."""

    def __init__(
        self,
        set_plan: SetPlan,
        customers: Customers,
        history: History,
        random: Random,
        *,
        staying: int = STAYING,
    ) -> None:
        self._staying = staying
        self._set_plan = set_plan
        self._customers = customers
        self._history = history
        self._random = random
        self._stopping = Stopping()
        # A command line is a Python process: more at a time would be load, not faults.
        self._shell = asyncio.Semaphore(1)
        self._number = 0
        self.failures: list[str] = []
        self.has_begun = asyncio.Event()

    def stop(self) -> None:
        """Send no more commands."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._staying):
                group.create_task(self._stay())
            while not await self._stopping.comes_within(
                self._random.expovariate(1 / NEWCOMER_SECONDS)
            ):
                group.create_task(self._noted(self._try_out()))

    async def _stay(self) -> None:
        tenant = await self._customers.sign_up(self._slug())
        self.has_begun.set()
        await self._noted(self._change_plan(tenant, "enterprise"))
        while not await self._stopping.comes_within(self._random.expovariate(1.0)):
            await self._noted(self._one_project(tenant))

    async def _noted(self, work: Coroutine[Any, Any, None]) -> None:
        """If one customer gets an unexpected answer, only that customer's work ends."""
        try:
            await work
        except AssertionError as error:
            self.failures.append(str(error))

    async def _try_out(self) -> None:
        """A newcomer: a few projects, at times more than the plan has, and changes of plan."""
        tenant = await self._customers.sign_up(self._slug())
        for _ in range(self._random.choice((0, 1, 2, 12))):
            if self._stopping.is_set():
                return
            if self._random.random() < 0.1:
                await self._change_plan(tenant, self._random.choice(PLANS))
            await self._customers.create(tenant, self._name(tenant))
        if not self._stopping.is_set() and self._random.random() < 0.3:
            await self._change_plan(tenant, self._random.choice(PLANS))

    async def _one_project(self, tenant: Tenant) -> None:
        """Create one, and delete many of them: at once, while they are staged, or afterwards."""
        project = await self._customers.create(tenant, self._name(tenant))
        if project is None:
            return
        fate = self._random.random()
        if 0.15 < fate < 0.3:
            await self._stopping.comes_within(self._random.uniform(0, 1.5))
        elif fate >= 0.3:
            await self._see_end(tenant, project)
        if fate < 0.5:
            await self._customers.delete(tenant, project)

    async def _see_end(self, tenant: Tenant, project: Project) -> None:
        while await self._customers.status(tenant, project) not in ENDED:
            if await self._stopping.comes_within(0.5):
                return

    async def _change_plan(self, tenant: Tenant, plan: str) -> None:
        command = self._history.begin("plan", tenant.slug, plan)
        # Noted before it is sent: until it is acknowledged, either plan may be the present one.
        for _ in range(PLAN_ATTEMPTS):
            async with self._shell:
                is_done = await asyncio.to_thread(self._plan_is_set, tenant.slug, plan)
            command.attempts.append("done" if is_done else "failed")
            if is_done:
                command.outcome = "acknowledged"
                tenant.plans.append(plan)
                return
            await asyncio.sleep(1)
        raise UnsettledError(f"never done: {command}")

    def _plan_is_set(self, slug: str, plan: str) -> bool:
        try:
            self._set_plan(slug, plan)
        except subprocess.CalledProcessError:
            return False
        return True

    def _slug(self) -> str:
        self._number += 1
        return f"tenant-{self._number:05}"

    def _name(self, tenant: Tenant) -> str:
        return f"{tenant.slug} project {len(tenant.projects) + 1:05}"
