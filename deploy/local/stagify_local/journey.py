"""The steps a customer takes, through the gateway as any HTTP client would."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from stagify_local.errors import DemoError
from stagify_local.mail_page import newest, read_mail, text_of
from stagify_local.ports import LOOPBACK

SESSION_COOKIE = "__Host-stagify_session"
CODE = re.compile(r"\b\d{6}\b")
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.1
# The stream has a heart-beat each 15 s; a photo that queues behind others takes longer.
STREAM_SILENCE_SECONDS = 60.0

Project = dict[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Login:
    """Who may log in where."""

    url: str
    email: str
    password: str


class Site:
    """One host of the platform. Connects to loopback and names the host itself, because
    Python, unlike a browser, does not resolve `*.localhost` everywhere.
    """

    def __init__(self, port: int, name: str) -> None:
        self.url = f"http://{name}.localhost:{port}"
        self._client = httpx.Client(
            base_url=f"http://{LOOPBACK}:{port}",
            headers={"Host": f"{name}.localhost:{port}"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    def use_cookie(self, value: str) -> None:
        """Send this session cookie; by hand, since a cookie jar keeps a Secure one from HTTP."""
        self._client.headers["Cookie"] = f"{SESSION_COOKIE}={value}"

    def use_key(self, key: str) -> None:
        """Send this API key instead of a cookie."""
        self._client.headers.pop("Cookie", None)
        self._client.headers["Authorization"] = f"Bearer {key}"

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """One call; DemoError unless it succeeds."""
        answer = self._client.request(method, path, json=body)
        if answer.status_code >= 400:
            raise DemoError(f"{method} {self.url}{path}: {describe(answer)}")
        return answer

    def read(self, method: str, path: str, body: object = None) -> Any:
        """One call's JSON."""
        return self.call(method, path, body).json()

    def events(self, path: str) -> Iterator[Any]:
        """The data of a server-sent event stream, as it comes."""
        silence = httpx.Timeout(PATIENCE_SECONDS, read=STREAM_SILENCE_SECONDS)
        with self._client.stream("GET", path, timeout=silence) as answer:
            if answer.status_code != httpx.codes.OK:
                answer.read()
                raise DemoError(f"GET {self.url}{path}: {describe(answer)}")
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()


def describe(answer: httpx.Response) -> str:
    """The status and what a problem says."""
    return f"{answer.status_code} {answer.text[:500]}"


def sign_up(port: int, mail_dir: Path, *, slug: str, name: str, email: str, password: str) -> Login:
    """Sign up on the platform host and confirm by the code of the mail."""
    with Site(port, "app") as site:
        tenant = {"type": "individual", "name": name, "slug": slug}
        before = time.time_ns()
        signup = site.read("POST", "/v1/signup", {"email": email, "name": name, "tenant": tenant})
        code = await_code(mail_dir, email, before)
        confirmation = {"code": code, "password": password}
        confirmed = site.read("POST", f"/v1/signup/{signup['id']}/confirm", confirmation)
    return Login(confirmed["tenant"]["url"], email, password)


def await_code(mail_dir: Path, email: str, since: int) -> str:
    """The code in the first mail to `email` that arrived after `since`, in nanoseconds."""

    def look() -> str | None:
        for path in newest(mail_dir):
            mail = read_mail(path)
            if int(path.stem) >= since and email in str(mail["X-Envelope-To"]):
                code = CODE.search(text_of(mail))
                return code[0] if code else None
        return None

    return wait_for(look, f"a mail with a code for {email}")


def log_in(site: Site, login: Login) -> None:
    """Start a session and go on with its cookie."""
    body = {"email": login.email, "password": login.password}
    site.use_cookie(site.call("POST", "/v1/session", body).cookies[SESSION_COOKIE])


def await_active(site: Site) -> None:
    """Wait until every service knows the tenant; projects can be created from then on."""

    def active() -> bool:
        return bool(site.read("GET", "/v1/tenant")["status"] == "active")

    wait_for(active, f"{site.url} to become active")


def upload(site: Site, photo: Path) -> str:
    """Put a photo straight into the object store; the id of the upload."""
    content = photo.read_bytes()
    body = {"filename": photo.name, "content_type": "image/jpeg", "size": len(content)}
    ticket = site.read("POST", "/v1/uploads", body)
    answer = httpx.request(
        ticket["method"],
        ticket["url"],
        content=content,
        headers=ticket["headers"],
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )
    if answer.is_error:
        raise DemoError(f"the object store refused {photo.name}: {describe(answer)}")
    return str(ticket["id"])


def follow(site: Site, project_id: str, on_change: Callable[[Project], None]) -> Project:
    """Report every change of a project until it is staged; DemoError if it fails."""
    for project in site.events(f"/v1/projects/{project_id}/events"):
        on_change(project)
        if project["status"] == "staged":
            return dict(project)
        if project["status"] in ("failed", "cancelled"):
            raise DemoError(f"project {project_id}: {project['status']} {project['failure']}")
    raise DemoError(f"the events of project {project_id} ended before it was staged")


def download(site: Site, image: Project, path: Path) -> None:
    """Follow an image's stable path to its signed link and store it."""
    link = site.call("GET", image["url"]).headers["location"]
    answer = httpx.get(link, timeout=PATIENCE_SECONDS, trust_env=False)
    if answer.is_error:
        raise DemoError(f"the object store refused {image['url']}: {describe(answer)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(answer.content)


def usage_of(site: Site, meter: str) -> dict[str, Any]:
    """One meter of the current period."""
    meters = site.read("GET", "/v1/usage")["meters"]
    return next(dict(item) for item in meters if item["meter"] == meter)


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    """Ask until there is an answer; DemoError after half a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(POLL_SECONDS)
    raise DemoError(f"waited {PATIENCE_SECONDS:.0f} s in vain for {what}")
