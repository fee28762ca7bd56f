"""What the tests of staging-svc share: photos, a stub of usage-svc over HTTP, engines that do as told."""

import asyncio
import io
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import orjson
import psutil
from PIL import Image

from stagify.database import Database
from stagify.events import Event
from stagify.events.staging import ProjectCancelled, ProjectDeleted, StagingFailed
from stagify.events.usage import UsageRecorded
from stagify.testing import ContextKeys, eventually
from stagify.tokens import CONTEXT_HEADER, TokenVerifier
from staging_engine.port import (
    Catalog,
    EngineError,
    Progress,
    StagingEngine,
    StagingRequest,
    StagingResult,
)
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.settings import Settings

MakeSettings = Callable[..., Settings]
Published = Callable[[UUID], Awaitable[list[Event]]]
Keys = Callable[[UUID], set[str]]

# The objects of one attempt to furnish `room_photo`: the staged photo with the label and without it,
# and the smaller forms. Those of a staged project: also source and original, with its smaller forms.
ATTEMPTED, STAGED = 5, 10

E = TypeVar("E", bound=Event)


def of_type(events: list[Event], kind: type[E]) -> list[E]:
    """Those of this type."""
    return [event for event in events if isinstance(event, kind)]


def metered(events: list[Event], meter: str) -> list[UsageRecorded]:
    """What was counted by this meter."""
    return [event for event in of_type(events, UsageRecorded) if event.meter == meter]


RELEASING = (StagingFailed, ProjectCancelled, ProjectDeleted)


def outcomes(events: list[Event]) -> dict[UUID | None, set[str]]:
    """What is said about the end of each reservation of a photo: used, given back, or both. Deleting
    what has ended says again that it was given back."""
    said: dict[UUID | None, set[str]] = {}
    for used in metered(events, "staging"):
        said.setdefault(used.reservation_id, set()).add("used")
    for event in events:
        if isinstance(event, RELEASING) and not (
            isinstance(event, ProjectDeleted) and event.reservation_id in said
        ):
            said.setdefault(event.reservation_id, set()).add("given back")
    return said


@dataclass(frozen=True)
class Rows:
    """The rows of one tenant, read and changed behind the back of the service."""

    database: Database
    tenant_id: UUID

    async def value(self, query: str) -> Any:
        """What the query finds in its first row and column."""
        async with self.database.tenant_connection(self.tenant_id) as connection:
            return await connection.fetchval(query)

    async def change(self, statement: str) -> None:
        """Execute the statement."""
        async with self.database.tenant_connection(self.tenant_id) as connection:
            await connection.execute(statement)

    async def end_waits_of_jobs(self) -> None:
        """Make the next attempt at every job due."""
        await self.change("UPDATE jobs SET due_at = now()")

    async def end_waits_of_tasks(self) -> None:
        """Make every task due, such as the intents to delete objects."""
        await self.change("UPDATE tasks SET due_at = now()")

    async def expire_lease(self) -> None:
        """Make it look as if the process with the job has long given no sign of life."""
        await self.change("UPDATE jobs SET lease_expires_at = now() - interval '1s'")

    async def take_lease_away(self) -> None:
        """Make it look as if another process had got the job."""
        await self.change("UPDATE jobs SET lease_token = gen_random_uuid()")


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file of this format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def room_photo(width: int = 800, height: int = 600) -> bytes:
    """A JPEG that could be a room: a floor and a wall."""
    image = Image.new("RGB", (width, height), (214, 208, 198))
    image.paste((139, 101, 66), (0, height * 2 // 3, width, height))
    return encoded(image)


async def cleaning_child() -> psutil.Process:
    """The child that cleans a photo, as soon as there is one."""

    def look() -> psutil.Process | None:
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):
                if "staging_svc.photos.child" in child.cmdline():
                    return child
        return None

    child = await eventually(look)
    assert child is not None
    return child


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be this large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


async def put(upload: dict[str, Any], content: bytes, **headers: str) -> httpx.Response:
    """What a client does with an upload's address."""
    # It speaks no TLS, and to read certificates takes longer than the upload.
    async with httpx.AsyncClient(verify=False) as store:
        return await store.put(
            upload["url"], content=content, headers={**upload["headers"], **headers}
        )


@dataclass
class UsageService:
    """A usage-svc that follows the contract: reservations against limits, over real HTTP.

    `held` are the reservations of photos by id, `stored` those of bytes, with their sizes.
    """

    verifier: TokenVerifier
    limit: int = 1000
    used: int = 0
    held: dict[UUID, UUID] = field(default_factory=dict)
    storage_limit: int = 2**40
    stored: dict[UUID, int] = field(default_factory=dict)
    calls: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None
    _port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def held_by(self, tenant_id: UUID) -> set[UUID]:
        return {reservation for reservation, owner in self.held.items() if owner == tenant_id}

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop answering: connections are refused."""
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                token = next(
                    line.split(": ", 1)[1] for line in head if line.startswith(CONTEXT_HEADER)
                )
                body = await reader.readexactly(int(headers["content-length"]))
                status, answer = self._answer(head[0].split(" "), token, body)
                content = b"" if answer is None else orjson.dumps(answer)
                writer.write(
                    b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, len(content))
                    + content
                )
                await writer.drain()
        self._writers.discard(writer)
        writer.close()

    def _answer(
        self, line: list[str], token: str, body: bytes
    ) -> tuple[int, dict[str, Any] | None]:
        self.calls += 1
        principal = self.verifier.verify(token)
        assert principal.kind == "service"
        assert principal.issuer == "staging-svc"
        assert principal.tenant_id is not None
        assert line[0] == "POST"
        wanted = orjson.loads(body)
        reservation = UUID(wanted["reservation_id"])
        made = {"reservation_id": str(reservation), "expires_at": "2026-12-01T00:00:00Z"}
        if wanted["meter"] == "storage_bytes":
            assert wanted["ttl_seconds"] is None
            stored = sum(self.stored.values()) - self.stored.get(reservation, 0)
            if stored + wanted["quantity"] > self.storage_limit:
                return 402, _exceeded("storage_bytes", 0, stored, self.storage_limit, None)
            self.stored[reservation] = wanted["quantity"]
            return 201, made
        assert (wanted["meter"], wanted["quantity"]) == ("staging", 1)
        if reservation not in self.held and self.used + len(self.held) >= self.limit:
            resets_at = "2026-12-01T00:00:00Z"
            return 402, _exceeded("staging", self.used, len(self.held), self.limit, resets_at)
        self.held[reservation] = principal.tenant_id
        return 201, made


def _exceeded(
    meter: str, used: int, reserved: int, limit: int, resets_at: str | None
) -> dict[str, Any]:
    return {
        "code": "quota_exceeded",
        "detail": "for us alone",
        "meter": meter,
        "used": used,
        "reserved": reserved,
        "limit": limit,
        "resets_at": resets_at,
    }


@dataclass
class ScriptedEngine:
    """An engine that does what the test says before it does its work: `script` is called first."""

    engine: StagingEngine
    script: Callable[[StagingRequest, Progress], Any] | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    errors: list[EngineError] = field(default_factory=list)
    requests: list[StagingRequest] = field(default_factory=list)
    runs: int = 0
    waits: bool = False

    def catalog(self) -> Catalog:
        return self.engine.catalog()

    async def stage(self, request: StagingRequest, *, progress: Progress) -> StagingResult:
        self.runs += 1
        self.requests.append(request)
        self.started.set()
        if self.errors:
            raise self.errors.pop(0)
        if self.waits:
            progress(0.5, "rendering")
            await self.may_go_on.wait()
        return await self.engine.stage(request, progress=progress)

    async def close(self) -> None:
        await self.engine.close()


@dataclass
class Caller:
    """A member of one tenant who calls staging-svc."""

    client: httpx.AsyncClient
    keys: ContextKeys
    tenant_id: UUID
    permissions: frozenset[str] = frozenset({"projects:read", "projects:write"})
    kind: str = "user"
    status: str = "active"
    region: str = "eu"
    user_id: UUID = field(default_factory=uuid4)

    @property
    def headers(self) -> dict[str, str]:
        known = self.kind in ("user", "api_key")
        return self.keys.headers(
            "staging-svc",
            kind=self.kind,
            tenant_id=self.tenant_id,
            tenant_status=self.status,
            region=self.region,
            slug="acme",
            subject=str(self.user_id) if known else None,
            user_id=self.user_id if known else None,
            permissions=self.permissions if known else (),
        )

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self._send("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self._send("POST", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx.Response:
        return await self._send("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self._send("DELETE", path, **options)

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self.headers | options.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **options)

    async def open_upload(
        self, size: int, content_type: str = "image/jpeg", filename: str = "room.jpg"
    ) -> dict[str, Any]:
        answer = await self.post(
            "/v1/uploads",
            json={"filename": filename, "content_type": content_type, "size": size},
        )
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def upload(self, photo: bytes, content_type: str = "image/jpeg") -> str:
        """Upload a photo as a client does, and return the id of the upload."""
        opened = await self.open_upload(len(photo), content_type)
        answer = await put(opened, photo)
        assert answer.status_code == 200, answer.text
        return str(opened["id"])

    async def create(self, upload_id: str, **fields: Any) -> httpx.Response:
        headers = fields.pop("headers", {})
        wanted = {"upload_id": upload_id, "room_type": "living_room", "style": "modern", **fields}
        return await self.post("/v1/projects", json=wanted, headers=headers)

    async def project(
        self, photo: bytes | None = None, content_type: str = "image/jpeg", **fields: Any
    ) -> dict[str, Any]:
        """A project as it is accepted."""
        upload_id = await self.upload(photo or room_photo(), content_type)
        answer = await self.create(upload_id, **fields)
        assert answer.status_code == 202, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def act(self, project_id: str, what: str, **options: Any) -> httpx.Response:
        """Such as `cancel`: a POST below the project's path."""
        return await self.post(f"/v1/projects/{project_id}/{what}", **options)

    async def vary(self, project_id: str, **fields: Any) -> httpx.Response:
        """Ask for a variation of the project's photo."""
        headers = fields.pop("headers", {})
        return await self.act(project_id, "variations", json=fields, headers=headers)

    async def variation(self, project_id: str, **fields: Any) -> dict[str, Any]:
        """A variation as it is accepted."""
        answer = await self.vary(project_id, **fields)
        assert answer.status_code == 202, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def trash(self, project_id: str, *, permanently: bool = False) -> httpx.Response:
        """Put a project into the trash, or delete it for good."""
        query = {"permanently": "true"} if permanently else {}
        return await self.delete(f"/v1/projects/{project_id}", params=query)

    async def read(self, project_id: str) -> dict[str, Any]:
        answer = await self.get(f"/v1/projects/{project_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def status_of(self, project_id: str) -> str:
        return str((await self.read(project_id))["status"])


async def start_and_hold(job_loop: JobLoop, engine: ScriptedEngine) -> asyncio.Task[bool]:
    """Run the next job until the engine has it, and let the engine wait for `may_go_on`."""
    engine.waits = True
    attempt = asyncio.create_task(job_loop.run_next())
    await engine.started.wait()
    return attempt
