"""A customer of the platform, who talks to its gateway as any HTTP client would.

`Account` builds a customer's requests and leaves it to others to send them. `Customer` sends them
and waits for each answer. `proof` has other customers, who work in parallel, repeat requests that
got no answer, or send raw bytes; they build their requests with `Account` too.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from stagify_local.errors import CustomerError
from stagify_local.mail_page import texts_to
from stagify_local.ports import LOOPBACK
from stagify_local.waiting import PATIENCE_SECONDS, eventually

SESSION_COOKIE = "__Host-stagify_session"
# The first label of the platform host, where people sign up.
PLATFORM = "app"
CODE = re.compile(r"\b\d{6}\b")
ENDED = ("staged", "failed", "cancelled")
# Called with each answer to a client that is made from now on; tests record what customers are told.
response_hooks: list[Callable[[httpx.Response], None]] = []


@dataclass(frozen=True)
class Account:
    """A customer's account; requests go to the tenant's host, with the API key once there is one, else
    with the session.

    They are addressed to loopback and name the host themselves, because Python, unlike a
    browser, does not resolve `*.localhost` everywhere.
    """

    port: int
    slug: str
    email: str
    password: str = field(repr=False)
    key: str = field(default="", repr=False)
    session: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """The Host header."""
        return host_of(self.port, self.slug)

    @property
    def url(self) -> str:
        """The URL for a browser."""
        return f"http://{self.host}"

    def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Request:
        """Any request; `body` is `json=` or `content=`."""
        credential = {"Cookie": self.session} if self.session else {}
        if self.key:
            credential = {"Authorization": f"Bearer {self.key}"}
        return _request(
            self.port, self.slug, method, path, headers={**credential, **(headers or {})}, **body
        )

    def sign_up(self, name: str) -> httpx.Request:
        """Ask for a tenant; a code comes by mail."""
        tenant = {"type": "individual", "name": name, "slug": self.slug}
        body = {"email": self.email, "name": name, "tenant": tenant}
        return _request(self.port, PLATFORM, "POST", "/v1/signup", json=body)

    def confirm(self, signup_id: str, code: str) -> httpx.Request:
        """Confirm the email address with the code."""
        body = {"code": code, "password": self.password}
        path = f"/v1/signup/{signup_id}/confirm"
        return _request(self.port, PLATFORM, "POST", path, json=body)

    def log_in(self) -> httpx.Request:
        """Start a session; `cookie_of` its answer."""
        body = {"email": self.email, "password": self.password}
        return _request(self.port, self.slug, "POST", "/v1/session", json=body)

    def new_key(self, cookie: str, name: str) -> httpx.Request:
        """Make an API key in a session; its answer shows the key once."""
        headers = {"Cookie": cookie}
        return _request(
            self.port, self.slug, "POST", "/v1/api-keys", json={"name": name}, headers=headers
        )

    def ticket(
        self, size: int, *, filename: str = "room.jpg", content_type: str = "image/jpeg"
    ) -> httpx.Request:
        """Create an upload; `put` follows."""
        body = {"filename": filename, "content_type": content_type, "size": size}
        return self.request("POST", "/v1/uploads", json=body)

    def project(
        self, upload_id: str, *, idempotency_key: str | None = None, **fields: Any
    ) -> httpx.Request:
        """Create a project."""
        body = {"upload_id": upload_id, "room_type": "living_room", "style": "modern", **fields}
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self.request("POST", "/v1/projects", json=body, headers=headers)


def put(ticket: dict[str, Any], content: bytes, **changes: str) -> httpx.Request:
    """Store a photo with a ticket; the headers are those that were signed, except `changes`."""
    headers = httpx.Headers(ticket["headers"])
    headers.update(changes)
    return at_link(ticket["url"], ticket["method"], content=content, headers=headers)


def at_link(link: str, method: str = "GET", **parts: Any) -> httpx.Request:
    """A request to a signed link, addressed to loopback as all others are."""
    url = httpx.URL(link)
    headers = httpx.Headers(parts.pop("headers", None))
    headers["Host"] = url.netloc.decode()
    return httpx.Request(method, url.copy_with(host=LOOPBACK), headers=headers, **parts)


class Customer:
    """A customer who waits for each answer.

    `http` is a program with the account's key, `browser` has the session; each has its credential
    as soon as there is one. Both send the account's host.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.http, self.browser = (client(account.port, account.slug) for _ in range(2))

    def sign_up(self, name: str, mails: Path) -> None:
        """Sign up, with the code from the mail that arrives in the folder."""
        begun = time.time_ns()
        signup = self._good(self.account.sign_up(name)).json()
        code = eventually(
            lambda: next(iter(codes_in(mails, self.account.email, begun)), None),
            what=f"a mail with a code for {self.account.email}",
        )
        self._good(self.account.confirm(signup["id"], code))

    def log_in(self) -> None:
        """Start a session, as soon as the gateway has heard of the host."""

        def try_it() -> httpx.Response | None:
            answer = self.browser.send(self.account.log_in())
            return None if code_of(answer) == "unknown_host" else answer

        answer = good(eventually(try_it, what=f"{self.account.url} to be known"))
        # By hand: a cookie jar keeps a Secure cookie from plain HTTP.
        self.browser.headers["Cookie"] = cookie_of(answer)

    def use_session(self) -> None:
        """Call as the person from now on, as a page does; needs a session."""
        self.account = replace(self.account, session=self.browser.headers["Cookie"])

    def use_new_key(self, name: str) -> None:
        """Make an API key and use it from now on; needs a session."""
        cookie = self.browser.headers["Cookie"]
        key = self._good(self.account.new_key(cookie, name)).json()["key"]
        self.account = replace(self.account, key=key)
        self.http.headers["Authorization"] = f"Bearer {key}"

    def await_active(self) -> None:
        """Wait until every service knows the tenant; projects can be created from then on."""
        eventually(
            lambda: self.read("/v1/tenant")["status"] == "active",
            what=f"{self.account.url} to become active",
        )

    def read(self, path: str) -> Any:
        """The JSON at a path."""
        return self._good(self.account.request("GET", path)).json()

    def ticket(self, size: int, **fields: str) -> dict[str, Any]:
        """Create an upload; returns its ticket."""
        return dict(self._good(self.account.ticket(size, **fields)).json())

    def upload(self, content: bytes, **fields: str) -> str:
        """Put a photo into the store; returns the upload's id."""
        ticket = self.ticket(len(content), **fields)
        self._good(put(ticket, content))
        return str(ticket["id"])

    def create(self, upload_id: str, **fields: Any) -> httpx.Response:
        """Ask for a project; again, while some part has not heard yet that the workspace is set up."""
        return eventually(
            lambda: _unless_provisioning(self.http.send(self.account.project(upload_id, **fields))),
            what=f"{self.account.url} to be set up",
        )

    def stage(self, content: bytes, **upload: str) -> dict[str, Any]:
        """Upload a photo, create a project, and wait until it is staged or has failed."""
        created = good(self.create(self.upload(content, **upload)))
        return self.finished(created.json()["id"])

    def finished(
        self, project_id: str, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> dict[str, Any]:
        """The project in its final state."""

        def look() -> dict[str, Any] | None:
            # A refusal, while a part is away, has a status too, which is a number.
            project: dict[str, Any] = self.http.get(f"/v1/projects/{project_id}").json()
            return project if project["status"] in ENDED else None

        return eventually(look, patience_seconds, what=f"project {project_id} to end")

    def meter(self, name: str) -> dict[str, Any]:
        """One meter of this period."""
        meters = self.read("/v1/usage")["meters"]
        return next(dict(item) for item in meters if item["meter"] == name)

    def settled(self, *, used: int, reserved: int = 0) -> dict[str, Any]:
        """The staging meter once it has these values; usage travels by events."""

        def look() -> dict[str, Any] | None:
            meter = self.meter("staging")
            return meter if (meter["used"], meter["reserved"]) == (used, reserved) else None

        return eventually(look, what=f"usage to be {used} and {reserved} reserved")

    def close(self) -> None:
        """Close both clients."""
        self.http.close()
        self.browser.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _good(self, request: httpx.Request) -> httpx.Response:
        return good(self.http.send(request))


def client(port: int, slug: str) -> httpx.Client:
    """A client of one host, without a credential."""
    return httpx.Client(
        base_url=f"http://{LOOPBACK}:{port}",
        headers={"Host": host_of(port, slug)},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
        # It speaks no TLS, and to read certificates takes longer than a call.
        verify=False,
        event_hooks={"response": list(response_hooks)},
    )


def host_of(port: int, slug: str) -> str:
    """A tenant's Host header, or with PLATFORM the platform's."""
    return f"{slug}.localhost:{port}"


def openapi_of(http: httpx.Client) -> dict[str, Any]:
    """The OpenAPI document, which a gateway has as soon as every service has told it its own."""

    def look() -> httpx.Response | None:
        answer = http.get("/openapi.json")
        return None if answer.status_code == 503 else answer

    return dict(good(eventually(look, what="the OpenAPI document")).json())


def good(answer: httpx.Response) -> httpx.Response:
    """The answer; CustomerError if it is a refusal."""
    if answer.is_error:
        request = answer.request
        where = f"{request.method} {request.headers['Host']}{request.url.path}"
        raise CustomerError(f"{where}: {answer.status_code} {answer.text[:500]}")
    return answer


def cookie_of(answer: httpx.Response) -> str:
    """The session from the answer to a log-in, as a Cookie header."""
    return answer.headers["set-cookie"].partition(";")[0]


def _unless_provisioning(answer: httpx.Response) -> httpx.Response | None:
    is_early = answer.status_code == 409 and code_of(answer) == "tenant_provisioning"
    return None if is_early else answer


def code_of(answer: httpx.Response) -> str:
    """The stable code of a refusal, or nothing."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return str(answer.json()["code"])
    return ""


def codes_in(mails: Path, email: str, since: int) -> list[str]:
    """The codes mailed to `email` after `since`, in nanoseconds; the newest first."""
    found = (CODE.search(text) for text in texts_to(mails, email, since))
    return [code[0] for code in found if code]


def _request(port: int, slug: str, method: str, path: str, **parts: Any) -> httpx.Request:
    headers = {"Host": host_of(port, slug), **parts.pop("headers", {})}
    return httpx.Request(method, f"http://{LOOPBACK}:{port}{path}", headers=headers, **parts)
