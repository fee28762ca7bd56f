"""Customers who never give up: every command is repeated, with the same key, until it is known."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx

from proof.customers import PASSWORD, photo
from proof.faults.history import Command, History, Project, Tenant
from stagify_local.mail_page import newest, read_mail, text_of

PATIENCE_SECONDS = 120.0
# Shorter than a pause, so that commands are repeated while the first attempt is still under way.
ATTEMPT_SECONDS = 4.0
# This share of the attempts is given up almost at once, though nothing is wrong.
IMPATIENT = 0.1
MAIL_SECONDS = 20.0
RETRY = (429, 500, 502, 503, 504)
IN_PROGRESS = "idempotency_in_progress"
CODE = re.compile(r"\b\d{6}\b")
SMALL_PHOTO = photo(700, 560)

# The codes mailed to an address after a time in nanoseconds, as they arrive, for a while.
Codes = Callable[[str, int], AsyncIterator[str]]


class UnsettledError(AssertionError):
    """A command that nobody ever answered."""


class UnexpectedAnswerError(AssertionError):
    """An answer that no fault explains."""


class Customers:
    """Speaks to the platform through its gateway, for any number of customers."""

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
        email = f"owner@{slug}.example.com"
        command = self._history.begin("sign up", slug, email)
        confirmed = await self._confirmed(command, slug, email)
        command.outcome = "acknowledged"
        api_key = await self._api_key(command, slug, email)
        tenant = Tenant(slug, email, UUID(confirmed["tenant"]["id"]), api_key)
        self._history.tenants[slug] = tenant
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (await self.get(tenant, "/v1/tenant", command))["status"] != "active":
            if time.monotonic() > deadline:
                raise UnsettledError(f"never became active: {command}")
            await asyncio.sleep(0.2)
        return tenant

    async def create(self, tenant: Tenant, name: str) -> Project | None:
        """Ask for a project; None if the quota is used up."""
        project = Project(name, tenant.slug, tenant.plans[-1])
        tenant.projects.append(project)
        command = self._history.begin("create", tenant.slug, name)
        body = {
            "upload_id": await self._upload(command, tenant),
            "room_type": "living_room",
            "style": "modern",
            "name": name,
        }
        answer = await self._as(
            tenant,
            command,
            "POST",
            "/v1/projects",
            json=body,
            headers={"Idempotency-Key": name},
            # tenant-svc calls it active before the news is everywhere; the answer says to try again.
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
        """Delete a project; it is fine if an unanswered attempt has done so."""
        command = self._history.begin("delete", tenant.slug, project.name)
        answer = await self._as(tenant, command, "DELETE", f"/v1/projects/{project.id}")
        is_repeated = len(command.attempts) > 1
        self._expect(command, answer, *((204, 404) if is_repeated else (204,)))
        project.is_deleted = True
        command.outcome = "acknowledged"

    async def get(self, tenant: Tenant, path: str, command: Command) -> dict[str, Any]:
        """Read something; reading is part of no command, but `command` shows the attempts."""
        answer = await self._as(tenant, command, "GET", path)
        self._expect(command, answer, 200)
        found: dict[str, Any] = answer.json()
        return found

    async def status(self, tenant: Tenant, project: Project) -> str | None:
        """What the customer sees now; None if nobody answers right now."""
        try:
            answer = await self._send(
                tenant.slug, "GET", f"/v1/projects/{project.id}", headers=_bearer(tenant)
            )
        except httpx.TransportError:
            return None
        return str(answer.json()["status"]) if answer.status_code == 200 else None

    async def serves(self, tenant: Tenant, path: str) -> bool:
        """Whether `path` is answered well at this moment."""
        try:
            answer = await self._send(
                tenant.slug, "GET", path, headers=_bearer(tenant), timeout=2.0
            )
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    async def _confirmed(self, command: Command, slug: str, email: str) -> dict[str, Any]:
        """Sign up and confirm. A mail may come late or twice, and only the newest code counts."""
        body = {
            "email": email,
            "name": "Owner",
            "tenant": {"type": "individual", "name": slug, "slug": slug},
        }
        for _ in range(8):
            since = time.time_ns()
            started = await self._ask(command, "app", "POST", "/v1/signup", json=body)
            self._expect(command, started, 202)
            path = f"/v1/signup/{started.json()['id']}/confirm"
            async for code in self._codes(email, since):
                confirmation = {"code": code, "password": PASSWORD}
                answer = await self._ask(command, "app", "POST", path, json=confirmation)
                self._expect(command, answer, 201, 401)
                if answer.status_code == 201:
                    confirmed: dict[str, Any] = answer.json()
                    return confirmed
        raise UnsettledError(f"never confirmed: {command}")

    async def _api_key(self, command: Command, slug: str, email: str) -> str:
        """Log in and make a key. A key is shown once: an unanswered request makes another."""
        login = {"email": email, "password": PASSWORD}
        # The host is known to the gateway as soon as the directory's entry has travelled.
        session = await self._ask(
            command, slug, "POST", "/v1/session", json=login, retry={"unknown_host"}
        )
        self._expect(command, session, 201)
        cookie = {"Cookie": session.headers["set-cookie"].partition(";")[0]}
        made = await self._ask(
            command, slug, "POST", "/v1/api-keys", json={"name": "faults"}, headers=cookie
        )
        self._expect(command, made, 201)
        return str(made.json()["key"])

    async def _upload(self, command: Command, tenant: Tenant) -> str:
        """Put a photo into the store; an unanswered PUT may have worked, which 412 tells."""
        body = {"filename": "room.jpg", "content_type": "image/jpeg", "size": len(self._photo)}
        answer = await self._as(tenant, command, "POST", "/v1/uploads", json=body)
        self._expect(command, answer, 201)
        ticket = answer.json()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                put = await self._http.request(
                    ticket["method"],
                    ticket["url"],
                    content=self._photo,
                    headers=ticket["headers"],
                )
            except httpx.TransportError as error:
                command.attempts.append(f"put {type(error).__name__}")
            else:
                if put.status_code in (200, 412):
                    return str(ticket["id"])
                command.attempts.append(f"put {put.status_code}")
            await self._pause()
        raise UnsettledError(f"the photo was never stored: {command}")

    async def _as(
        self, tenant: Tenant, command: Command, method: str, path: str, **options: Any
    ) -> httpx.Response:
        headers = {**options.pop("headers", {}), **_bearer(tenant)}
        return await self._ask(command, tenant.slug, method, path, headers=headers, **options)

    async def _ask(
        self,
        command: Command,
        host: str,
        method: str,
        path: str,
        *,
        retry: AbstractSet[str] = frozenset(),
        **options: Any,
    ) -> httpx.Response:
        """The first answer that settles it; the codes in `retry` do not."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = await self._send(host, method, path, timeout=self._wait(), **options)
            except httpx.TransportError as error:
                command.attempts.append(type(error).__name__)
            else:
                code = code_of(answer)
                command.attempts.append(f"{answer.status_code} {code}".strip())
                if answer.status_code == 500:
                    self.bugs.append(f"{method} {path}: {answer.text} ({command})")
                if answer.status_code not in RETRY and code not in {IN_PROGRESS, *retry}:
                    return answer
            await self._pause()
        raise UnsettledError(f"never answered: {method} {path}, {command}")

    async def _send(self, host: str, method: str, path: str, **options: Any) -> httpx.Response:
        named = {"Host": f"{host}.localhost:{self._port}", **options.pop("headers", {})}
        url = f"http://127.0.0.1:{self._port}{path}"
        return await self._http.request(method, url, headers=named, **options)

    def _wait(self) -> float:
        if self._random.random() < IMPATIENT:
            return self._random.uniform(0.01, 0.2)
        return self._attempt_seconds

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.uniform(0.1, 0.6))

    def _expect(self, command: Command, answer: httpx.Response, *allowed: int) -> None:
        if answer.status_code not in allowed:
            raise UnexpectedAnswerError(f"{answer.status_code} {answer.text}: {command}")


def _bearer(tenant: Tenant) -> dict[str, str]:
    return {"Authorization": f"Bearer {tenant.api_key}"}


def code_of(answer: httpx.Response) -> str:
    """The stable code of a refusal, or nothing."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return str(answer.json()["code"])
    return ""


async def codes(folder: Path, email: str, since: int) -> AsyncIterator[str]:
    """The codes mailed to `email` after `since` (nanoseconds) as they arrive, for a while."""
    seen: set[str] = set()
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        for path in reversed(newest(folder)):
            if path.name in seen or int(path.stem) < since:
                continue
            seen.add(path.name)
            mail = read_mail(path)
            found = CODE.search(text_of(mail))
            if found and email in str(mail["X-Envelope-To"]):
                yield found[0]
        await asyncio.sleep(0.1)
