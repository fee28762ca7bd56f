"""Mixed load at a modest rate: everything that customers do, and some things they should not do."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from random import Random

import httpx

from proof.customers import photo
from proof.load.customers import Tenant, sign_up, upload
from proof.load.rig import Rig
from stagify_local.customer import cookie_of

KEPT_PROJECTS = 20
LISTENERS = 15
# Pauses between two of a kind, in seconds, and how many go on side by side.
READ, STAGE, BAD, LOG_IN, SIGN_UP = 0.1, 2.0, 1.0, 15.0, 60.0
READERS = 2

BAD_REQUESTS: tuple[tuple[str, str, dict[str, str], bytes, int], ...] = (
    ("GET", "/v1/projects", {"Host": "nobody.localhost"}, b"", 404),
    ("GET", "/v1/projects", {"Authorization": "Bearer stg_live_wrong"}, b"", 401),
    ("GET", "/v1/projects/none", {}, b"", 422),
    ("GET", "/v1/nothing", {}, b"", 404),
    ("POST", "/v1/projects", {"Content-Type": "application/json"}, b"{", 422),
    ("POST", "/v1/projects", {"Content-Type": "text/plain"}, b"hello", 415),
    ("POST", "/v1/uploads", {"Content-Type": "application/json"}, b"x" * 1_100_000, 413),
)


@dataclass
class Tally:
    """The answers, and those that were not expected."""

    done: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, status: int, *expected: int) -> bool:
        """Count an answer; returns whether it was expected."""
        self.done[what] += 1
        if status not in expected:
            self.unexpected[f"{what}: {status}"] += 1
        return status in expected


class Traffic:
    """Load until cancelled."""

    def __init__(self, rig: Rig, tenants: list[Tenant]) -> None:
        self._rig = rig
        self._tenants = tenants
        self._random = Random(1)
        self._photo = photo(700, 560)
        self._http = httpx.AsyncClient(
            trust_env=False,
            timeout=30,
            limits=httpx.Limits(max_connections=200),
        )
        self._projects: dict[str, list[str]] = {each.slug: [] for each in tenants}
        self.tally = Tally()

    async def run(self) -> None:
        """Everything side by side."""
        async with self._http, asyncio.TaskGroup() as group:
            for _ in range(READERS):
                group.create_task(self._again(READ * READERS, self._read))
            for _ in range(LISTENERS):
                group.create_task(self._again(0.5, self._listen))
            group.create_task(self._again(STAGE, self._stage))
            group.create_task(self._again(BAD, self._misbehave))
            group.create_task(self._again(LOG_IN, self._log_in))
            group.create_task(self._again(SIGN_UP, self._sign_up))

    async def _again(self, pause: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * pause)
            try:
                await work()
            except httpx.TransportError as error:
                what = f"{work.__name__}: {error!r} of {error.request.method} {error.request.url}"
                self.tally.unexpected[what] += 1

    def _anyone(self) -> Tenant:
        return self._random.choice(self._tenants)

    async def _read(self) -> None:
        tenant = self._anyone()
        paths = ["/v1/projects?limit=20", "/v1/usage", "/v1/tenant", "/v1/catalog"]
        paths += [f"/v1/projects/{each}" for each in self._projects[tenant.slug][:3]]
        answer = await self._http.send(tenant.account.request("GET", self._random.choice(paths)))
        self.tally.note("read", answer.status_code, 200, 404)

    async def _stage(self) -> None:
        """Upload and create; delete projects when there are too many."""
        tenant = self._anyone()
        upload_id = await upload(self._http, tenant.account, self._photo)
        wanted = tenant.account.project(upload_id, idempotency_key=secrets.token_hex(8))
        answer = await self._http.send(wanted)
        mine = self._projects[tenant.slug]
        if self.tally.note("create", answer.status_code, 202):
            mine.append(answer.json()["id"])
        if len(mine) > KEPT_PROJECTS:
            request = tenant.account.request(
                "DELETE", f"/v1/projects/{mine.pop(0)}?permanently=true"
            )
            answer = await self._http.send(request)
            self.tally.note("delete", answer.status_code, 204)

    async def _listen(self) -> None:
        """Follow a project; leave when it is done, or long before."""
        tenant = self._anyone()
        mine = self._projects[tenant.slug]
        if not mine:
            return
        request = tenant.account.request("GET", f"/v1/projects/{mine[-1]}/events")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._random.uniform(0.05, 10)):
                answer = await self._http.send(request, stream=True)
                try:
                    self.tally.note("listen", answer.status_code, 200, 404)
                    async for _ in answer.aiter_bytes():
                        pass
                finally:
                    await answer.aclose()

    async def _misbehave(self) -> None:
        method, path, headers, body, expected = self._random.choice(BAD_REQUESTS)
        account = self._anyone().account
        answer = await self._http.send(account.request(method, path, headers=headers, content=body))
        self.tally.note(f"bad {path}", answer.status_code, expected)

    async def _log_in(self) -> None:
        account = self._anyone().account
        answer = await self._http.send(account.log_in())
        if self.tally.note("log in", answer.status_code, 201):
            session = replace(account, key="")
            headers = {"Cookie": cookie_of(answer)}
            answer = await self._http.send(
                session.request("DELETE", "/v1/session", headers=headers)
            )
            self.tally.note("log out", answer.status_code, 204)

    async def _sign_up(self) -> None:
        await asyncio.to_thread(sign_up, self._rig.platform)
        self.tally.done["sign up"] += 1
