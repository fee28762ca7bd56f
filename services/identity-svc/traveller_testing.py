"""What the tests of identity-svc share about people who go from host to host."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from identity_svc.sessions.cookies import COOKIE_NAME
from identity_svc.tenants.models import Tenant
from identity_testing import Caller, Member, as_json, new_address
from stagify.database import Database


@dataclass
class Traveller:
    """Somebody's browser that goes from host to host, with the gateways in front of them. A host is named
    by its tenant's id; None is the platform's."""

    client: httpx.AsyncClient
    caller: Caller
    cookies: dict[UUID | None, dict[str, str]] = field(default_factory=dict)
    address: str = field(default_factory=new_address)

    async def call(
        self, method: str, path: str, tenant_id: UUID | None, body: object = None, **more: Any
    ) -> httpx.Response:
        """The answer to a call on that host."""
        headers = {**await self._headers(tenant_id), **more}
        arguments = {"headers": headers} if body is None else as_json(headers, body)
        answer = await self.client.request(method, path, **arguments)
        kept = self.cookies.setdefault(tenant_id, {})
        for line in answer.headers.get_list("set-cookie"):
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes:
                kept.pop(name, None)
            else:
                kept[name] = value
        return answer

    async def log_in(self, member: Member, tenant_id: UUID | None = None) -> httpx.Response:
        """The answer to a log-in with the password, on the platform's host unless said otherwise."""
        return await self.call("POST", "/v1/session", tenant_id, member.login)

    async def session(self, tenant_id: UUID | None = None) -> httpx.Response:
        """Who the browser is on that host."""
        return await self.call("GET", "/v1/session", tenant_id)

    async def hand_off(self, tenant_id: UUID) -> httpx.Response:
        """The answer to the wish for a hand-off, as the page of the tenant begins it."""
        started = await self.call("POST", "/v1/handoffs/start", tenant_id, {})
        return await self.ask(tenant_id, started.json()["challenge"])

    async def ask(self, tenant_id: UUID, challenge: str) -> httpx.Response:
        """The answer to the wish for a hand-off with that challenge."""
        body = {"tenant_id": str(tenant_id), "challenge": challenge}
        return await self.call("POST", "/v1/handoffs", None, body)

    async def enter(self, tenant_id: UUID, code: str) -> httpx.Response:
        """The answer to a log-in with the code of a hand-off."""
        return await self.call("POST", "/v1/session", tenant_id, {"handoff": code})

    async def _headers(self, tenant_id: UUID | None) -> dict[str, Any]:
        kept = dict(self.cookies.get(tenant_id, {}))
        headers: dict[str, Any] = self.caller.platform(self.address)
        if tenant_id is not None:
            headers = self.caller.anonymous(tenant_id, self.address)
            known = await self.look_up(tenant_id, kept.pop(COOKIE_NAME, ""))
            if known.status_code == 200:
                headers |= self.caller.credential(tenant_id, known.json())
        if kept:
            pairs = "; ".join(f"{name}={value}" for name, value in kept.items())
            headers["cookie"] = pairs.encode("latin-1")
        return headers

    async def look_up(self, tenant_id: UUID, token: str) -> httpx.Response:
        """What the gateway is told about a session."""
        return await self.client.post(
            "/internal/credentials",
            json={"type": "session", "value": token},
            headers=self.caller.service("gateway", tenant_id),
        )


async def activate(database: Database, tenant_id: UUID, status: str = "active") -> None:
    """Let identity-svc know that the tenant is active."""
    async with database.system() as session:
        (await session.get_one(Tenant, tenant_id)).status = status


def code_in(answer: httpx.Response) -> str:
    """The code of a hand-off that was made."""
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["url"].partition("#code=")[2]
    return code


MakeTraveller = Callable[[], Traveller]
