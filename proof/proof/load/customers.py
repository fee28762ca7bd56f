"""Tenants with something to look at, and the requests their programs send."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from uuid import UUID

import httpx
from PIL import Image as Pillow

from proof.load.offers import Choice
from proof.staged_rows import add_staged_projects
from stagify.database import Database
from stagify_local import journey
from stagify_local.journey import Site
from stagify_local.platform import Platform
from stagify_local.ports import LOOPBACK

PASSWORD = "correct horse battery staple"
PROJECTS = 25
# Sign-ups at one time: each hashes a password.
SIGN_UPS = 3


@dataclass
class Customer:
    """An active tenant with its owner's API key."""

    slug: str
    host: str
    key: str
    tenant_id: UUID
    projects: list[UUID] = field(default_factory=list)

    def message(self, method: str, path: str, body: bytes = b"", *lines: str) -> bytes:
        """A request as it goes over the wire."""
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}",
            f"Authorization: Bearer {self.key}",
            *lines,
        ]
        if body:
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    def site(self, port: int) -> Site:
        """The customer's host, with its key."""
        site = Site(port, self.slug)
        site.use_key(self.key)
        return site


def sign_up_many(platform: Platform, count: int) -> list[Customer]:
    """So many customers, made as real ones are: mail, code, log-in, API key."""
    with ThreadPoolExecutor(SIGN_UPS) as pool:
        return list(pool.map(lambda _: sign_up(platform), range(count)))


def sign_up(platform: Platform) -> Customer:
    """One customer, from when its tenant is active."""
    slug = f"load-{secrets.token_hex(4)}"
    port = platform.gateway_port
    login = journey.sign_up(
        port,
        platform.mail_dir,
        slug=slug,
        name="Load Estates",
        email=f"owner@{slug}.example.com",
        password=PASSWORD,
    )
    with Site(port, slug) as site:
        journey.wait_for(lambda: _is_known(site), f"{slug} to be known to the gateway")
        journey.log_in(site, login)
        key = site.read("POST", "/v1/api-keys", {"name": "load"})["key"]
        site.use_key(key)
        journey.await_active(site)
        tenant_id = UUID(site.read("GET", "/v1/tenant")["id"])
    return Customer(slug, f"{slug}.localhost:{port}", key, tenant_id)


def _is_known(site: Site) -> bool:
    answer = httpx.get(
        f"http://{LOOPBACK}:{site.url.rpartition(':')[2]}/v1/catalog",
        headers={"Host": site.url.removeprefix("http://")},
        trust_env=False,
    )
    return answer.status_code != httpx.codes.NOT_FOUND


async def fill(database_url: str, customers: Sequence[Customer]) -> None:
    """Give each customer staged projects, as far as lists can tell."""
    database = Database(database_url, service="staging-svc")
    for customer in customers:
        async with database.tenant(customer.tenant_id) as session:
            customer.projects = await add_staged_projects(session, customer.tenant_id, PROJECTS)
    await database.close()


def photo() -> bytes:
    """A small photo that the cleaning accepts."""
    buffer = BytesIO()
    Pillow.linear_gradient("L").resize((700, 560)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


async def upload_many(
    port: int, customers: Sequence[Customer], each: int, content: bytes
) -> dict[str, list[str]]:
    """Filled uploads that no project has used, by slug."""
    made: dict[str, list[str]] = {}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        for customer in customers:
            made[customer.slug] = list(
                await asyncio.gather(*(upload(http, port, customer, content) for _ in range(each)))
            )
    return made


async def upload(http: httpx.AsyncClient, port: int, customer: Customer, content: bytes) -> str:
    """Put a photo into the object store; the id of the upload."""
    wanted = {"filename": "room.jpg", "content_type": "image/jpeg", "size": len(content)}
    answer = await http.post(
        f"http://{LOOPBACK}:{port}/v1/uploads",
        json=wanted,
        headers={"Host": customer.host, "Authorization": f"Bearer {customer.key}"},
    )
    ticket = answer.raise_for_status().json()
    stored = await http.request(
        ticket["method"], ticket["url"], content=content, headers=ticket["headers"]
    )
    stored.raise_for_status()
    return str(ticket["id"])


def mix(customers: Sequence[Customer], group: str) -> list[Choice]:
    """What their programs ask for: mostly lists and single projects, now and then usage."""
    kinds = {
        55: [each.message("GET", "/v1/projects?limit=20") for each in customers],
        30: [
            each.message("GET", f"/v1/projects/{project}")
            for number in range(PROJECTS)
            for each in customers
            for project in each.projects[number : number + 1]
        ],
        12: [each.message("GET", "/v1/usage") for each in customers],
    }
    return [Choice(group, weight, messages) for weight, messages in kinds.items()]


def creates(
    customers: Sequence[Customer], uploads: dict[str, list[str]], group: str, weight: float
) -> Choice:
    """New projects, each with its Idempotency-Key."""
    rounds = zip(*(uploads[customer.slug] for customer in customers), strict=True)
    messages = [
        customer.message(
            "POST",
            "/v1/projects",
            b'{"upload_id":"%b","room_type":"living_room","style":"modern"}' % upload_id.encode(),
            f"Idempotency-Key: {time.time_ns()}-{number}",
        )
        for number, upload_ids in enumerate(rounds)
        for customer, upload_id in zip(customers, upload_ids, strict=True)
    ]
    return Choice(group, weight, messages, is_stock=True)
