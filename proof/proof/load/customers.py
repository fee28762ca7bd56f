"""Tenants with something to look at, and the requests their programs send."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from proof import customers
from proof.load.offers import Choice
from proof.staged_rows import add_staged_projects
from stagify.database import Database
from stagify_local.customer import Account, put
from stagify_local.platform import Platform

PROJECTS = 25
# Sign-ups at one time: each hashes a password.
SIGN_UPS = 3


@dataclass
class Tenant:
    """An active tenant, with its owner's API key."""

    account: Account
    id: UUID
    projects: list[UUID] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return self.account.slug


def sign_up_many(platform: Platform, count: int) -> list[Tenant]:
    """So many tenants."""
    with ThreadPoolExecutor(SIGN_UPS) as pool:
        return list(pool.map(lambda _: sign_up(platform), range(count)))


def sign_up(platform: Platform) -> Tenant:
    """One tenant, once it is active."""
    with customers.sign_up(platform) as customer:
        return Tenant(customer.account, UUID(customer.read("/v1/tenant")["id"]))


def wire(request: httpx.Request) -> bytes:
    """A request as it goes over the wire."""
    head = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + request.content


async def fill(database_url: str, tenants: Sequence[Tenant]) -> None:
    """Give each tenant staged projects, as far as lists can tell."""
    database = Database(database_url, service="staging-svc")
    for tenant in tenants:
        async with database.tenant(tenant.id) as session:
            tenant.projects = await add_staged_projects(session, tenant.id, PROJECTS)
    await database.close()


async def upload_many(tenants: Sequence[Tenant], each: int, content: bytes) -> dict[str, list[str]]:
    """Filled uploads that no project has used, by slug."""
    made: dict[str, list[str]] = {}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        for tenant in tenants:
            made[tenant.slug] = list(
                await asyncio.gather(*(upload(http, tenant.account, content) for _ in range(each)))
            )
    return made


async def upload(http: httpx.AsyncClient, account: Account, content: bytes) -> str:
    """Put a photo into the object store; the id of the upload."""
    ticket = (await http.send(account.ticket(len(content)))).raise_for_status().json()
    (await http.send(put(ticket, content))).raise_for_status()
    return str(ticket["id"])


def mix(tenants: Sequence[Tenant], group: str) -> list[Choice]:
    """The requests of their programs: mostly lists and single projects, sometimes usage."""

    def get(tenant: Tenant, path: str) -> bytes:
        return wire(tenant.account.request("GET", path))

    kinds = {
        55: [get(each, "/v1/projects?limit=20") for each in tenants],
        30: [
            get(each, f"/v1/projects/{project}")
            for number in range(PROJECTS)
            for each in tenants
            for project in each.projects[number : number + 1]
        ],
        12: [get(each, "/v1/usage") for each in tenants],
    }
    return [Choice(group, weight, messages) for weight, messages in kinds.items()]


def creates(
    tenants: Sequence[Tenant], uploads: dict[str, list[str]], group: str, weight: float
) -> Choice:
    """New projects, each with its Idempotency-Key."""
    rounds = zip(*(uploads[tenant.slug] for tenant in tenants), strict=True)
    messages = [
        wire(tenant.account.project(upload_id, idempotency_key=f"{time.time_ns()}-{number}"))
        for number, upload_ids in enumerate(rounds)
        for tenant, upload_id in zip(tenants, upload_ids, strict=True)
    ]
    return Choice(group, weight, messages, is_stock=True)
