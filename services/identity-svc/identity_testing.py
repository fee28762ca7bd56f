"""What the tests of identity-svc share: a mail server, a tenant-svc, members and callers."""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message as EmailMessage
from ipaddress import IPv6Address
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import orjson
from aiosmtpd.handlers import Message as MessageHandler
from prometheus_client import REGISTRY
from sqlalchemy import Engine, event, text

from identity_svc.roles.schemas import BuiltInRole
from identity_svc.roles.service import permissions_of
from identity_svc.sessions.cookies import COOKIE_NAME
from identity_svc.settings import Settings
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events import Event
from stagify.testing import ContextKeys

PASSWORD = "correct horse battery staple"

MakeSettings = Callable[..., Settings]
Events = Callable[[UUID | str], Awaitable[list[Event]]]


def part_of(mail: EmailMessage, kind: str) -> str:
    """What a mail says as `plain` or as `html`, decoded."""
    (part,) = (each for each in mail.walk() if each.get_content_type() == f"text/{kind}")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


def text_of(mail: EmailMessage) -> str:
    """The text of a mail."""
    return part_of(mail, "plain")


LOG_IN_NOTES = (
    "A new log-in to your StagifyAI account",
    "A new log-in through your company",
)


class MailServer(MessageHandler):
    """A real SMTP server that keeps what it is given; `answer` refuses instead."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[EmailMessage] = []
        self.answer: str | None = None
        self.recipients: list[str] = []
        self.arrived = asyncio.Event()
        self.port = 0

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.answer is not None:
            return self.answer
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return "250 OK"

    def handle_message(self, message: EmailMessage) -> None:
        self.received.append(message)
        self.arrived.set()

    def to(self, address: str) -> list[EmailMessage]:
        """The mails that address has got, but for notes of log-ins, which each log-in of a test brings."""
        return [mail for mail in self._all_to(address) if mail["Subject"] not in LOG_IN_NOTES]

    def log_in_notes(self, address: str) -> list[EmailMessage]:
        """What that address was told of log-ins in new browsers."""
        return [mail for mail in self._all_to(address) if mail["Subject"] in LOG_IN_NOTES]

    def _all_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.received if mail["To"].lower() == address.lower()]

    def code(self, address: str) -> str:
        """The code in the newest mail to that address."""
        match = re.search(r"Your code is (\d{6})", text_of(self.to(address)[-1]))
        assert match is not None
        return match.group(1)


@dataclass
class TenantService:
    """tenant-svc as sign-up sees it: knows which slugs are free and makes tenants, idempotently."""

    tenants: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    # Who was behind the call, by the name or id it was about.
    actors: dict[str, str] = field(default_factory=dict)
    # What it answers instead, if set: a status and a code.
    refusal: tuple[int, str] | None = None
    suggestion: str | None = None
    port: int = 0

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.calls.append((method, path))
        if self.refusal is not None:
            return self.refusal[0], {"code": self.refusal[1], "suggestion": self.suggestion}
        kind, name = path.removeprefix("/internal/").split("/")
        slug = name if kind == "slugs" else body["slug"]
        if any(tenant["slug"] == slug for id_, tenant in self.tenants.items() if id_ != name):
            return 409, {"code": "slug_taken"}
        if kind == "slugs":
            return 200, {"slug": name}
        made = {
            "id": name,
            **{key: body[key] for key in ("slug", "name", "type")},
            "status": "provisioning",
            "url": f"http://{body['slug']}.localhost:8080",
        }
        return 200, self.tenants.setdefault(name, made)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                assert "x-stagify-context: " in head
                method, path, _ = head.split(" ", 2)
                length = re.search(r"content-length: (\d+)", head)
                assert length is not None
                body = orjson.loads(await reader.readexactly(int(length.group(1))))
                if actor := re.search(r"x-stagify-actor: (\S+)", head):
                    self.actors[path.rpartition("/")[2]] = actor.group(1)
                status, answer = self.answer(method, path, body)
                content = orjson.dumps(answer)
                writer.write(
                    b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s"
                    % (status, len(content), content)
                )
        except asyncio.IncompleteReadError:
            writer.close()


@dataclass(frozen=True)
class Member:
    """An owner who has signed up, and how they call."""

    email: str
    user_id: UUID
    tenant_id: UUID
    slug: str
    signup_id: str
    code: str

    @property
    def login(self) -> dict[str, str]:
        return {"email": self.email, "password": PASSWORD}


class Caller:
    """Headers of the callers that a gateway would let through."""

    def __init__(self, keys: ContextKeys) -> None:
        self.keys = keys

    def platform(self, address: str | None = None) -> dict[str, str]:
        return self.keys.headers("identity-svc", kind="platform") | came_from(address)

    def anonymous(self, tenant_id: UUID, address: str | None = None) -> dict[str, str]:
        headers = self.keys.headers("identity-svc", kind="anonymous", tenant_id=tenant_id)
        return headers | came_from(address)

    def user(
        self, member: Member, role: BuiltInRole | None = "owner", **fields: Any
    ) -> dict[str, str]:
        """A member who has just logged in."""
        return self.keys.headers(
            "identity-svc",
            **{
                "tenant_id": member.tenant_id,
                "subject": str(member.user_id),
                "user_id": member.user_id,
                "role": role,
                "permissions": permissions_of(role) if role else frozenset(),
                "auth_time": int(utc_now().timestamp()),
                **fields,
            },
        )

    def credential(self, tenant_id: UUID, known: dict[str, Any]) -> dict[str, str]:
        """Headers of a credential as `/internal/credentials` describes it."""
        fields = {
            name: known[name] for name in ("kind", "subject", "role", "permissions", "restriction")
        }
        fields |= {name: UUID(known[name]) for name in ("user_id", "credential_id")}
        if known["auth_time"] is not None:
            fields["auth_time"] = int(datetime.fromisoformat(known["auth_time"]).timestamp())
        return self.keys.headers("identity-svc", tenant_id=tenant_id, **fields)

    def service(self, name: str, tenant_id: UUID | None) -> dict[str, str]:
        return self.keys.service_headers("identity-svc", name, tenant_id=tenant_id)


def as_member_of(caller: Caller, host: Member, person: Member, role: BuiltInRole) -> dict[str, str]:
    """Headers of a person in the tenant of another."""
    return caller.user(host, role=role, subject=str(person.user_id), user_id=person.user_id)


Calls = Callable[[dict[str, str]], Awaitable[list[httpx.Response]]]


async def set_role(database: Database, host: Member, person: Member, role: str) -> None:
    """Give somebody a role in the tenant of `host` behind everybody's back."""
    async with database.tenant(host.tenant_id) as session:
        await session.execute(
            text("UPDATE memberships SET role = :role WHERE user_id = :id"),
            {"role": role, "id": person.user_id},
        )


class SignUpBegun(NamedTuple):
    """A sign-up that waits for its code, and the code that came by mail."""

    id: str
    code: str


def came_from(address: str | None) -> dict[str, str]:
    """The header in which the gateway says where a request came from; by default from somewhere new,
    so that tests do not meet in the limits of one source."""
    return {"x-forwarded-for": address or new_address()}


def new_address() -> str:
    """An IPv6 address in a network of its own."""
    return str(IPv6Address(secrets.randbits(124) | 2 << 124))


Begin = Callable[[str, str], Awaitable[SignUpBegun]]
SignUp = Callable[[], Awaitable[Member]]
Join = Callable[[Member, Member], Awaitable[None]]


def as_json(headers: dict[str, str], body: object) -> dict[str, Any]:
    """Arguments of a request with `body` in ASCII: httpx itself cannot write half a surrogate."""
    return {
        "content": json.dumps(body),
        "headers": {**headers, "content-type": "application/json"},
    }


def signup_body(email: str, slug: str) -> dict[str, Any]:
    """A sign-up of an organization."""
    return {
        "email": email,
        "name": "Ada Lovelace",
        "tenant": {"type": "organization", "name": "Acme Homes", "slug": slug},
    }


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@dataclass(frozen=True)
class Visitor:
    """Somebody on the platform's host, who signs up; each time from another address unless one is
    given."""

    client: httpx.AsyncClient
    caller: Caller
    address: str | None = None

    async def request(self, email: str, slug: str, **changes: Any) -> httpx.Response:
        """The answer to the wish for a sign-up."""
        return await self.client.post(
            "/v1/signup",
            json=signup_body(email, slug) | changes,
            headers=self.caller.platform(self.address),
        )

    async def ask(self, email: str, slug: str) -> str:
        """The id of a sign-up, for which a mail is on its way."""
        answer = await self.request(email, slug)
        assert answer.status_code == 202, answer.text
        signup_id: str = answer.json()["id"]
        return signup_id

    async def log_out(self, confirmed: httpx.Response) -> None:
        """End the session that a confirmation has made."""
        cookie = f"{COOKIE_NAME}={cookies_of(confirmed)[COOKIE_NAME]}"
        headers = self.caller.platform(self.address) | {"cookie": cookie}
        assert (await self.client.delete("/v1/session", headers=headers)).status_code == 204

    async def confirm(self, signup_id: str, code: str, password: str = PASSWORD) -> httpx.Response:
        """The answer to a confirmation."""
        return await self.client.post(
            f"/v1/signup/{signup_id}/confirm",
            json={"code": code, "password": password},
            headers=self.caller.platform(self.address),
        )


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """The cookies that an answer sets."""
    pairs = (line.partition(";")[0] for line in answer.headers.get_list("set-cookie"))
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


@dataclass
class Browser:
    """Somebody's browser on the host of a tenant: it keeps its cookies, and the gateway looks up whose
    session they name before each call."""

    client: httpx.AsyncClient
    caller: Caller
    tenant_id: UUID
    address: str = field(default_factory=new_address)
    user_agent: str = "httpx"
    cookies: dict[str, str] = field(default_factory=dict)

    async def look_up(self) -> dict[str, Any] | None:
        """What the gateway is told about the session; None if there is none, or none any more."""
        answer = await self.client.post(
            "/internal/credentials",
            json={"type": "session", "value": self.cookies.get(COOKIE_NAME) or "none"},
            headers=self.caller.service("gateway", self.tenant_id),
        )
        known: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return known

    async def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """The answer to a call on this host."""
        return await self.request_as(await self.look_up(), method, path, **arguments)

    async def request_as(
        self, known: dict[str, Any] | None, method: str, path: str, **arguments: Any
    ) -> httpx.Response:
        """The same for what the gateway was told at some time."""
        if known is None:
            headers = self.caller.anonymous(self.tenant_id, self.address)
        else:
            headers = came_from(self.address) | self.caller.credential(self.tenant_id, known)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= {"user-agent": self.user_agent} | ({"cookie": cookie} if cookie else {})
        answer = await self.client.request(method, path, headers=headers, **arguments)
        self.cookies |= cookies_of(answer)
        return answer

    async def log_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """The answer to a log-in."""
        body = {"email": email, "password": password}
        return await self.request("POST", "/v1/session", json=body)


OpenBrowser = Callable[..., Browser]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that is executed inside the block."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def hashes() -> float:
    """How many password hashes were computed so far."""
    return REGISTRY.get_sample_value("stagify_identity_password_hash_seconds_count") or 0
