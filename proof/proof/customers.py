"""New customers of a running platform, as the tests and the load have them."""

import contextlib
import io
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from stagify_local.customer import PLATFORM, Account, Customer, client, cookie_of, good
from stagify_local.mail_page import texts_to
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

PASSWORD = "correct horse battery staple"
INVITATION = re.compile(r"/join#token=(\S+)")


def new_account(port: int, slug: str) -> Account:
    """The account of a customer whose tenant will have that name."""
    return Account(port, slug, f"owner@{slug}.example.com", PASSWORD)


def sign_up(platform: Platform) -> Customer:
    """A new active customer, who signs up as real ones do: mail, code, log-in, API key."""
    customer = Customer(new_account(platform.gateway_port, f"t-{secrets.token_hex(6)}"))
    customer.sign_up("Test Estates", platform.mail_dir)
    customer.log_in()
    customer.use_new_key("tests")
    customer.await_active()
    return customer


def set_plan(platform: Platform, customer: Customer, plan: str) -> None:
    """Put the customer on a plan, and wait until their session tells what it includes."""
    platform.run("usage-svc", "set-plan", customer.account.slug, plan)

    eventually(
        lambda: (entitlements(customer) or {}).get("plan") == plan,
        what=f"the session to know of the plan {plan}",
    )


def entitlements(customer: Customer) -> dict[str, Any] | None:
    """What the customer's session says that the plan includes; None while usage-svc does not say so in time."""
    found: dict[str, Any] | None = good(customer.browser.get("/v1/session")).json()["entitlements"]
    return found


class Browser:
    """Keeps the cookies of one host by hand: a cookie jar keeps Secure ones from plain HTTP."""

    def __init__(self, port: int, slug: str) -> None:
        self.http = client(port, slug)
        self.cookies: dict[str, str] = {}

    def call(self, method: str, path: str, **more: object) -> httpx.Response:
        headers = {"Sec-Fetch-Site": "same-origin"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.http.request(method, path, headers=headers, **more)  # type: ignore[arg-type]
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


@dataclass
class Colleague:
    """Somebody whom a customer has invited, in a browser on the host of the customer's tenant."""

    account: Account
    member_id: str
    http: httpx.Client

    def try_to_log_in(self) -> httpx.Response:
        """The answer to a log-in without a session."""
        self.http.headers.pop("Cookie", None)
        return self.http.send(self.account.log_in())

    def log_in(self) -> None:
        """Start a session."""
        self.http.headers["Cookie"] = cookie_of(good(self.try_to_log_in()))


def secret_for(mails: Path, email: str) -> str:
    """The secret in the newest invitation to an address, once it has come."""

    def look() -> str | None:
        found = filter(None, map(INVITATION.search, texts_to(mails, email)))
        return next((each[1] for each in found), None)

    return eventually(look, what=f"an invitation for {email}")


@contextlib.contextmanager
def hire(
    platform: Platform, customer: Customer, role: str = "member", *, email: str | None = None
) -> Iterator[Colleague]:
    """Somebody without an account, whom the customer invites and who accepts."""
    email = email or f"colleague-{secrets.token_hex(4)}@{customer.account.slug}.example.com"
    good(customer.browser.post("/v1/invitations", json={"emails": [email], "role": role}))
    body = {
        "token": secret_for(platform.mail_dir, email),
        "name": "Grace Hopper",
        "password": PASSWORD,
    }
    with client(platform.gateway_port, PLATFORM) as visitor:
        good(visitor.post("/v1/invitations/accept", json=body))
    members = good(customer.browser.get("/v1/members")).json()["items"]
    member_id = next(each["id"] for each in members if each["email"] == email)
    account = replace(customer.account, email=email, key="", session="")
    with client(platform.gateway_port, account.slug) as http:
        colleague = Colleague(account, member_id, http)
        colleague.log_in()
        yield colleague


def photo(width: int = 1200, height: int = 800, **save: Any) -> bytes:
    """A small JPEG that decodes."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", **save)
    return file.getvalue()


def faint_photo(contrast: int) -> bytes:
    """A room in which floor and wall differ by so many of 255 steps: the fast engine sees nothing if
    they do not, and is not sure if it is little."""
    image = Image.new("L", (1200, 800), 190)
    image.paste(190 - contrast, (0, 500, 1200, 800))
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG")
    return file.getvalue()


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and stable code of a refusal, which must be a problem document."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"]
    return answer.status_code, str(body["code"])
