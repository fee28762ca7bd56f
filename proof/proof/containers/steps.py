"""The steps of `make verify-containers`, on a running project of containers."""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from proof.containers.compose import NEW, ROOT, Compose, DockerError
from proof.containers.load import Load, Tally
from proof.containers.mail import codes
from proof.faults.customers import Customers
from proof.faults.history import History, Tenant
from proof.faults.invariants import Picture, differences, take
from proof.faults.recovery import PATHS
from proof.faults.rest import at_rest
from proof.faults.traffic import ENDED, Traffic
from proof.faults.world import World

SERVICES = ("tenant-svc", "identity-svc", "staging-svc", "usage-svc")
ROOM = ROOT / "examples/rooms/room_a_living.jpg"
PATIENT_SECONDS = 30.0
STAGED_SECONDS = 600.0
BACK_SECONDS = 120.0
# Load before a replacement and after it, so that its ends are seen too.
MARGIN_SECONDS = 3.0
# Longer than the gateway keeps its counts.
COUNTED_SECONDS = 5.0
SHOWN = 10
# What going down and up again must not change, without rows that come and go with time.
LASTING = ("tenants", "users", "members", "projects", "images", "ledger", "quotas", "counters")

Say = Callable[[str], None]


@dataclass
class Findings:
    """The measurements, and everything that is wrong; all is well if `failures` is empty."""

    figures: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


class Proof:
    """One project of containers, its customers, and the model of the answers they got."""

    def __init__(self, compose: Compose, seed: int, say: Say) -> None:
        self._compose = compose
        self._say = say
        self._seed = seed
        self._history = History()
        self._world = World(compose.stores)
        self._mailed = partial(codes, compose.ports["MAIL_PORT"])
        self._port = compose.ports["GATEWAY_PORT"]
        self.findings = Findings()

    async def close(self) -> None:
        await self._world.close()

    async def noted(self, name: str, step: Coroutine[Any, Any, None]) -> None:
        """A step that cannot go on is a failure, but the next step is still run."""
        try:
            await step
        except* (AssertionError, DockerError) as group:
            self.findings.failures += [f"{name}: {each}" for each in _each(group)]

    async def start(self) -> None:
        """Build, start, and note the sizes of the images."""
        begun = time.monotonic()
        await self._docker("build", "--quiet")
        self.findings.figures["built in s"] = round(time.monotonic() - begun)
        begun = time.monotonic()
        await asyncio.to_thread(self._compose.up)
        self.findings.figures["up in s"] = round(time.monotonic() - begun)
        sizes = await asyncio.to_thread(self._compose.image_megabytes)
        self.findings.figures |= {f"{name} MB": size for name, size in sizes.items()}

    async def furnish(self) -> None:
        """A customer's journey with a real photo and the engine of the files."""
        customers = self._customers(photo=ROOM.read_bytes())
        tenant = await customers.sign_up("journey")
        begun = time.monotonic()
        await self._stage(customers, tenant, "a real room")
        self.findings.figures["first room furnished in s"] = round(time.monotonic() - begun)
        await customers.close()

    def use_fast_engine(self) -> None:
        """From the next `up` on photos cost next to nothing."""
        self._compose.environment["ENGINE"] = "fast"

    async def follow_environment(self) -> None:
        """Restart the containers whose configuration has changed, as after a change of `.env`."""
        await asyncio.to_thread(self._compose.up)

    async def kill_each(self) -> None:
        """Kill one container after the other while customers work; each comes back by itself."""
        customers = self._customers()
        traffic = Traffic(
            self._compose.set_plan, customers, self._history, Random(self._seed), staying=2
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(traffic.run())
            await traffic.has_begun.wait()
            tenant = next(reversed(self._history.tenants.values()))
            for name in sorted(each.service for each in await self._containers()):
                await self._kill(name, customers, tenant)
            traffic.stop()
            await running
        await customers.close()
        self.findings.failures += traffic.failures[:SHOWN]
        self.findings.failures += sorted(set(customers.bugs))[:SHOWN]
        await self.check("after the kills")

    async def go_down_and_up(self) -> None:
        """Remove every container and start again: the volumes have everything."""
        customers = self._customers()
        tenant = await customers.sign_up("restart")
        for number in range(3):
            await self._stage(customers, tenant, f"before the restart {number}")
        await customers.close()
        # The gateway's counts exist nowhere else until they are sent.
        await asyncio.sleep(COUNTED_SECONDS)
        await self.check("before down and up")
        before = await take(self._world)
        await self._world.close()
        begun = time.monotonic()
        await self._docker("down", "--timeout", "60")
        await asyncio.to_thread(self._compose.up)
        self.findings.figures["down and up in s"] = round(time.monotonic() - begun)
        after = await take(self._world)
        self.findings.failures += _lost(before, after)
        customers = self._customers()
        await self._stage(customers, tenant, "after the restart")
        await customers.close()
        await self.check("after down and up")

    async def replace_each(self) -> None:
        """Replace every service by a new tag of itself while requests go on; the gateway last."""
        customers = self._customers()
        tenants = [await customers.sign_up(f"load-{number}") for number in range(3)]
        for tenant in tenants:
            await asyncio.to_thread(self._compose.set_plan, tenant.slug, "enterprise")
            tenant.plans.append("enterprise")
        await customers.close()
        load = Load(tenants, self._history)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(load.run())
            for service in (*SERVICES, "gateway"):
                await self._replace(service, load)
            load.stop()
            await running
        await self.check("after the replacements")

    async def check(self, when: str) -> None:
        """Wait for rest; then everything must be as the acknowledged commands say."""
        self._say("waiting for rest")
        stuck = await at_rest(self._world)
        picture = await take(self._world)
        found = list(differences(self._history, picture))
        self.findings.failures += [f"{when}: stuck: {each}" for each in stuck]
        self.findings.failures += [f"{when}: {each.key}: {each.text}" for each in found[:SHOWN]]
        self._say(
            f"{when}: {len(picture.messages)} messages, {len(picture.objects)} objects,"
            f" {len(picture.rows['projects'])} projects, {len(found)} differences"
        )

    async def _kill(self, name: str, customers: Customers, tenant: Tenant) -> None:
        before = await asyncio.to_thread(self._compose.container, name)
        await asyncio.to_thread(self._compose.kill, before)
        begun = time.monotonic()
        while not await self._is_back(name, before.restarts, customers, tenant):
            if time.monotonic() - begun > BACK_SECONDS:
                self.findings.failures.append(f"{name} was killed and is not back")
                break
            await asyncio.sleep(0.1)
        took = time.monotonic() - begun
        ill = await asyncio.to_thread(self._compose.wait_until_well, BACK_SECONDS)
        self.findings.failures += [f"{name} was killed: {each}" for each in ill]
        self.findings.figures[f"{name} killed, served again in s"] = round(took, 1)
        self._say(f"{name} killed: everything served again after {took:.1f} s")

    async def _is_back(
        self, name: str, restarts: int, customers: Customers, tenant: Tenant
    ) -> bool:
        now = await asyncio.to_thread(self._compose.container, name)
        if now.restarts == restarts or now.state != "running":
            return False
        return all([await customers.serves(tenant, path) for path in PATHS])

    async def _replace(self, service: str, load: Load) -> None:
        await asyncio.sleep(MARGIN_SECONDS)
        load.take()
        tag = f"{service.upper().replace('-', '_')}_TAG"
        self._compose.environment[tag] = NEW
        program = [sys.executable, str(ROOT / "deploy/replace.py"), service]
        begun = time.monotonic()
        try:
            await asyncio.to_thread(self._compose.call, program)
        except DockerError as error:
            self.findings.failures.append(str(error))
        took = time.monotonic() - begun
        await asyncio.sleep(MARGIN_SECONDS)
        self._note(service, load.take(), took)
        for container in await self._containers():
            if container.image.startswith(f"stagify/{service}") and NEW not in container.image:
                self.findings.failures.append(f"{container.service} still runs {container.image}")

    def _note(self, service: str, tally: Tally, took: float) -> None:
        failed = tally.failures.total()
        self.findings.figures[f"{service} replaced: requests"] = tally.sent
        self.findings.figures[f"{service} replaced: failed"] = failed
        self.findings.figures[f"{service} replaced: longest silence s"] = round(
            tally.longest_silence, 2
        )
        self._say(
            f"{service} replaced in {took:.0f} s: {tally.sent} requests, {failed} failed,"
            f" longest silence {tally.longest_silence:.2f} s"
        )
        self.findings.failures += [
            f"while {service} was replaced, {count} times {failure}"
            for failure, count in tally.failures.most_common(SHOWN)
        ]

    async def _stage(self, customers: Customers, tenant: Tenant, name: str) -> None:
        """One photo from upload to result."""
        project = await customers.create(tenant, name)
        if project is None:
            self.findings.failures.append(f"{tenant.slug} has no quota for {name}")
            return
        deadline = time.monotonic() + STAGED_SECONDS
        while (status := await customers.status(tenant, project)) not in ENDED:
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.5)
        if status != "staged":
            self.findings.failures.append(f"{name} of {tenant.slug} is {status}")

    def _customers(self, **options: Any) -> Customers:
        self._seed += 1
        return Customers(
            self._port,
            self._mailed,
            self._history,
            Random(self._seed),
            attempt_seconds=PATIENT_SECONDS,
            **options,
        )

    async def _containers(self) -> list[Any]:
        return await asyncio.to_thread(self._compose.containers)

    async def _docker(self, *arguments: str) -> None:
        await asyncio.to_thread(self._compose.run, *arguments)


def _each(group: BaseExceptionGroup[Exception]) -> Iterator[BaseException]:
    """The errors in a group, however deep."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _each(error)
        else:
            yield error


def _lost(before: Picture, after: Picture) -> list[str]:
    """The differences, whatever the order in which the rows were read."""
    lost = []
    for name in LASTING:
        old, new = (sorted(map(repr, picture.rows[name])) for picture in (before, after))
        if old != new:
            lost.append(f"down and up changed {name}")
    if set(map(str, before.messages)) != set(map(str, after.messages)):
        lost.append("down and up changed messages")
    if before.objects != after.objects:
        lost.append("down and up changed objects")
    return lost
