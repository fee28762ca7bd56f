"""Customers who never give up: they repeat a command, with the same key, until it is answered."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx

from proof.customers import new_account, photo
from proof.faults.history import Command, History, Project, Tenant
from stagify_local.customer import Account, code_of, codes_in, cookie_of, put

PATIENCE_SECONDS = 120.0
# Shorter than a pause, so that commands are repeated while the first attempt is still under way.
ATTEMPT_SECONDS = 4.0
# This share of the attempts is given up almost at once, although nothing is wrong.
IMPATIENT = 0.1
# This share of the deletions is one into the trash first.
BY_WAY_OF_TRASH = 0.5
MAIL_SECONDS = 20.0
SERVES_SECONDS = 2.0
RETRY = (429, 500, 502, 503, 504)
IN_PROGRESS = "idempotency_in_progress"
SMALL_PHOTO = photo(700, 560)

# The codes mailed to an address after a time in nanoseconds, as they arrive, for a while.
Codes = Callable[[str, int], AsyncIterator[str]]


class UnsettledError(AssertionError):
    """A command that nobody ever answered."""


class UnexpectedAnswerError(AssertionError):
    """An answer that no fault explains."""


class Customers:
    """Talks to the platform through its gateway, for any number of customers."""

    def __init__(
        self,
        port: int,
        codes: Codes,
        history: History,
        random: Random,
        *,
        attempt_seconds: float = ATTEMPT_SECONDS,
        photo: bytes = SMALL_PHOTO,
    ) -> None:
        self._port = port
        self._codes = codes
        self._history = history
        self._random = random
        self._photo = photo
        self._attempt_seconds = attempt_seconds
        self._http = httpx.AsyncClient(timeout=attempt_seconds, trust_env=False)
        # Answers with status 500: a fault is no excuse for them.
        self.bugs: list[str] = []

    async def close(self) -> None:
        await self._http.aclose()

    async def sign_up(self, slug: str) -> Tenant:
        """A new tenant, active, with an API key of its owner."""
        account = new_account(self._port, slug)
        command = self._history.begin("sign up", slug, account.email)
        confirmed = await self._confirmed(command, account)
        command.outcome = "acknowledged"
        account = replace(account, key=await self._api_key(command, account))
        tenant = Tenant(account, UUID(confirmed["tenant"]["id"]))
        self._history.tenants[slug] = tenant
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (await self._tenant(command, tenant))["status"] != "active":
            if time.monotonic() > deadline:
                raise UnsettledError(f"never became active: {command}")
            await asyncio.sleep(0.2)
        return tenant

    async def create(self, tenant: Tenant, name: str) -> Project | None:
        """Ask for a project; None if the quota is used up."""
        project = Project(name, tenant.slug, tenant.plans[-1])
        tenant.projects.append(project)
        command = self._history.begin("create", tenant.slug, name)
        upload_id = await self._upload(command, tenant.account)
        answer = await self._ask(
            command,
            tenant.account.project(upload_id, name=name, idempotency_key=name),
            # tenant-svc shows it as active before every service knows; then the answer is to try again.
            retry={"tenant_provisioning"},
        )
        if answer.status_code == 402:
            command.outcome = "refused"
            project.is_refused = True
            return None
        self._expect(command, answer, 202)
        project.id = UUID(answer.json()["id"])
        command.outcome = "acknowledged"
        return project

    async def delete(self, tenant: Tenant, project: Project) -> None:
        """Delete a project for good, at times by way of the trash; it is fine if an attempt without an
        answer has done so already."""
        command = self._history.begin("delete", tenant.slug, project.name)
        path = f"/v1/projects/{project.id}"
        if self._random.random() < BY_WAY_OF_TRASH:
            trashed = await self._ask(command, tenant.account.request("DELETE", path))
            self._expect(command, trashed, 204)
        before = len(command.attempts)
        request = tenant.account.request("DELETE", f"{path}?permanently=true")
        answer = await self._ask(command, request)
        is_repeated = len(command.attempts) > before + 1
        self._expect(command, answer, *((204, 404) if is_repeated else (204,)))
        project.is_deleted = True
        command.outcome = "acknowledged"

    async def status(self, tenant: Tenant, project: Project) -> str | None:
        """What the customer sees now; None if nobody answers right now."""
        request = tenant.account.request("GET", f"/v1/projects/{project.id}")
        try:
            answer = await self._http.send(request)
        except httpx.TransportError:
            return None
        return str(answer.json()["status"]) if answer.status_code == 200 else None

    async def serves(self, tenant: Tenant, path: str) -> bool:
        """Whether `path` gets a good answer right now."""
        try:
            answer = await self._send(tenant.account.request("GET", path), SERVES_SECONDS)
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    async def _tenant(self, command: Command, tenant: Tenant) -> dict[str, Any]:
        """The platform's own description of it."""
        answer = await self._ask(command, tenant.account.request("GET", "/v1/tenant"))
        self._expect(command, answer, 200)
        found: dict[str, Any] = answer.json()
        return found

    async def _confirmed(self, command: Command, account: Account) -> dict[str, Any]:
        """Sign up and confirm. A mail may come late or twice, and only the newest code counts."""
        for _ in range(8):
            since = time.time_ns()
            started = await self._ask(command, account.sign_up(account.slug))
            self._expect(command, started, 202)
            async for code in self._codes(account.email, since):
                answer = await self._ask(command, account.confirm(started.json()["id"], code))
                self._expect(command, answer, 201, 401)
                if answer.status_code == 201:
                    confirmed: dict[str, Any] = answer.json()
                    return confirmed
        raise UnsettledError(f"never confirmed: {command}")

    async def _api_key(self, command: Command, account: Account) -> str:
        """Log in and make a key. A key is shown only once, so a repeated request makes another."""
        # The gateway knows the host once the directory's entry has arrived.
        session = await self._ask(command, account.log_in(), retry={"unknown_host"})
        self._expect(command, session, 201)
        made = await self._ask(command, account.new_key(cookie_of(session), "faults"))
        self._expect(command, made, 201)
        return str(made.json()["key"])

    async def _upload(self, command: Command, account: Account) -> str:
        """Put a photo into the store; 412 says that a PUT without an answer has worked."""
        answer = await self._ask(command, account.ticket(len(self._photo)))
        self._expect(command, answer, 201)
        ticket = answer.json()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                stored = await self._http.send(put(ticket, self._photo))
            except httpx.TransportError as error:
                command.attempts.append(f"put {type(error).__name__}")
            else:
                if stored.status_code in (200, 412):
                    return str(ticket["id"])
                command.attempts.append(f"put {stored.status_code}")
            await self._pause()
        raise UnsettledError(f"the photo was never stored: {command}")

    async def _ask(
        self,
        command: Command,
        request: httpx.Request,
        *,
        retry: AbstractSet[str] = frozenset(),
    ) -> httpx.Response:
        """The first final answer; one with a code in `retry` is not final."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        what = f"{request.method} {request.url.path}"
        while time.monotonic() < deadline:
            try:
                answer = await self._send(request, self._wait())
            except httpx.TransportError as error:
                command.attempts.append(type(error).__name__)
            else:
                code = code_of(answer)
                command.attempts.append(f"{answer.status_code} {code}".strip())
                if answer.status_code == 500:
                    self.bugs.append(f"{what}: {answer.text} ({command})")
                if answer.status_code not in RETRY and code not in {IN_PROGRESS, *retry}:
                    return answer
            await self._pause()
        raise UnsettledError(f"never answered: {what}, {command}")

    async def _send(self, request: httpx.Request, seconds: float) -> httpx.Response:
        request.extensions = {"timeout": httpx.Timeout(seconds).as_dict()}
        return await self._http.send(request)

    def _wait(self) -> float:
        if self._random.random() < IMPATIENT:
            return self._random.uniform(0.01, 0.2)
        return self._attempt_seconds

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.uniform(0.1, 0.6))

    def _expect(self, command: Command, answer: httpx.Response, *allowed: int) -> None:
        if answer.status_code not in allowed:
            raise UnexpectedAnswerError(f"{answer.status_code} {answer.text}: {command}")


async def codes(folder: Path, email: str, since: int) -> AsyncIterator[str]:
    """The codes mailed to `email` after `since` (nanoseconds) as they arrive, for a while."""
    seen = 0
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        found = codes_in(folder, email, since)
        for code in reversed(found[: len(found) - seen]):
            yield code
        seen = len(found)
        await asyncio.sleep(0.1)
