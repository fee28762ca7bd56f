"""A customer of the running platform, as the end-to-end tests see one."""

import io
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from PIL import Image

from stagify_local import journey
from stagify_local.platform import Platform

PASSWORD = "correct horse battery staple"
PATIENCE_SECONDS = 40.0

Found = TypeVar("Found")


@dataclass
class Tenant:
    """A tenant: `http` is a program with its owner's API key, `member` the owner's browser."""

    slug: str
    email: str
    http: httpx.Client
    member: httpx.Client

    def upload(
        self,
        content: bytes,
        *,
        filename: str = "room.jpg",
        content_type: str = "image/jpeg",
    ) -> str:
        """Put `content` into the store; the upload's id."""
        ticket = self.ticket(len(content), filename=filename, content_type=content_type)
        put(ticket, content).raise_for_status()
        return str(ticket["id"])

    def ticket(
        self, size: int, *, filename: str = "room.jpg", content_type: str = "image/jpeg"
    ) -> dict[str, Any]:
        """A presigned upload."""
        body = {"filename": filename, "content_type": content_type, "size": size}
        answer = self.http.post("/v1/uploads", json=body)
        assert answer.status_code == 201, answer.text
        ticket: dict[str, Any] = answer.json()
        return ticket

    def create(self, upload_id: str, **fields: Any) -> httpx.Response:
        """Ask for a project."""
        body = {"upload_id": upload_id, "room_type": "living_room", "style": "modern", **fields}
        return self.http.post("/v1/projects", json=body)

    def stage(self, content: bytes, **upload: Any) -> dict[str, Any]:
        """Upload, create, and wait for the end, whatever it is."""
        answer = self.create(self.upload(content, **upload))
        assert answer.status_code == 202, answer.text
        return self.finished(answer.json()["id"])

    def close(self) -> None:
        """Close both clients."""
        self.http.close()
        self.member.close()

    def finished(
        self, project_id: str, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> dict[str, Any]:
        """The project in its final state."""

        def look() -> dict[str, Any] | None:
            project: dict[str, Any] = self.http.get(f"/v1/projects/{project_id}").json()
            return project if project["status"] in ("staged", "failed", "cancelled") else None

        return eventually(look, patience_seconds)

    def meter(self, name: str) -> dict[str, Any]:
        """One meter of this period."""
        meters = self.http.get("/v1/usage").json()["meters"]
        return next(dict(item) for item in meters if item["meter"] == name)

    def settled(self, *, used: int, reserved: int = 0) -> dict[str, Any]:
        """The staging meter once it says so; usage travels by events."""

        def look() -> dict[str, Any] | None:
            meter = self.meter("staging")
            return meter if (meter["used"], meter["reserved"]) == (used, reserved) else None

        return eventually(look)


def put(ticket: dict[str, Any], content: bytes, **changes: str) -> httpx.Response:
    """Use a presigned upload, with headers as signed but for `changes`."""
    headers = httpx.Headers(ticket["headers"])
    headers.update(changes)
    return httpx.request(ticket["method"], ticket["url"], content=content, headers=headers)


def eventually(
    look: Callable[[], Found | None], patience_seconds: float = PATIENCE_SECONDS
) -> Found:
    """Ask until there is an answer; what happens in other processes has no other sign."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing after {patience_seconds:.0f} s")


def sign_up(platform: Platform) -> Tenant:
    """A new active tenant, made as a customer does: mail, code, log-in, API key."""
    slug = f"t-{secrets.token_hex(6)}"
    email = f"owner@{slug}.example.com"
    login = journey.sign_up(
        platform.gateway_port,
        platform.mail_dir,
        slug=slug,
        name="Test Estates",
        email=email,
        password=PASSWORD,
    )
    http, member = client(platform, slug), client(platform, slug)
    session = member.post("/v1/session", json={"email": login.email, "password": PASSWORD})
    # By hand: a cookie jar keeps a Secure cookie from plain HTTP.
    member.headers["Cookie"] = session.headers["set-cookie"].partition(";")[0]
    key = member.post("/v1/api-keys", json={"name": "tests"}).json()["key"]
    http.headers["Authorization"] = f"Bearer {key}"
    eventually(lambda: http.get("/v1/tenant").json()["status"] == "active" or None)
    return Tenant(slug, email, http, member)


def photo(width: int = 1200, height: int = 800, **save: Any) -> bytes:
    """A small JPEG that decodes."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", **save)
    return file.getvalue()


def client(platform: Platform, host: str) -> httpx.Client:
    """A client of one host. Python does not resolve *.localhost everywhere, so it is named."""
    return httpx.Client(
        base_url=f"http://127.0.0.1:{platform.gateway_port}",
        headers={"Host": f"{host}.localhost:{platform.gateway_port}"},
        timeout=30,
        trust_env=False,
    )


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and stable code of a refusal, which must be a problem document."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"]
    return answer.status_code, str(body["code"])
