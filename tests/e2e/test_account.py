"""A person's account on the whole platform: what ends, ends at the gateway at once."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from proof.customers import entitlements, refusal, set_plan
from proof.streams import AT_ONCE_SECONDS
from stagify_local.customer import PLATFORM, Customer, client, cookie_of, good, host_of
from stagify_local.mail_page import texts_to
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

NEW = "an entirely different one"


@pytest.fixture
def second(platform: Platform, customer: Customer) -> Iterator[httpx.Client]:
    """Another browser in which the customer is logged in."""
    with ExitStack() as stack:
        browser = stack.enter_context(client(platform.gateway_port, customer.account.slug))
        browser.headers["Cookie"] = cookie_of(good(browser.send(customer.account.log_in())))
        yield browser


def is_in(browser: httpx.Client) -> bool:
    """Whether a browser's session is valid."""
    return browser.get("/v1/session").status_code == 200


def mail_with(mails: Path, email: str, pattern: str, since: int) -> Callable[[], str | None]:
    """Looks for a mail to `email` that has arrived `since`, and for what the pattern's group is in it."""

    def look() -> str | None:
        texts = texts_to(mails, email, since)
        found = filter(None, (re.search(pattern, each, re.MULTILINE) for each in texts))
        return next((each[1] for each in found), None)

    return look


def test_one_session_and_then_all_others_end_at_once(
    customer: Customer, second: httpx.Client
) -> None:
    items = good(customer.browser.get("/v1/me/sessions")).json()["items"]
    # The sign-up has left one on the platform's host.
    own, platform = customer.account.host, host_of(customer.account.port, PLATFORM)
    assert [each["host"] for each in items].count(platform) == 1
    assert {each["host"] for each in items} == {own, platform}
    (other,) = [each["id"] for each in items if each["host"] == own and not each["is_current"]]
    # The gateway knows the session before it ends.
    assert is_in(second)
    good(customer.browser.delete(f"/v1/me/sessions/{other}"))
    eventually(lambda: not is_in(second), AT_ONCE_SECONDS)
    second.headers["Cookie"] = cookie_of(good(customer.http.send(customer.account.log_in())))
    assert is_in(second)
    good(customer.browser.delete("/v1/me/sessions"))
    eventually(lambda: not is_in(second), AT_ONCE_SECONDS)
    assert is_in(customer.browser)


def test_a_new_password_ends_the_other_sessions_at_once(
    customer: Customer, second: httpx.Client
) -> None:
    assert is_in(second)
    old = customer.browser.headers["Cookie"]
    body = {"current_password": customer.account.password, "password": NEW}
    changed = good(customer.browser.post("/v1/me/password", json=body))
    eventually(lambda: not is_in(second), AT_ONCE_SECONDS)
    eventually(lambda: not is_in(customer.browser), AT_ONCE_SECONDS)
    customer.browser.headers["Cookie"] = cookie_of(changed)
    assert is_in(customer.browser)
    assert customer.browser.headers["Cookie"] != old
    # Keys stay.
    assert customer.http.get("/v1/projects").status_code == 200


def test_a_forgotten_password_is_replaced_by_a_mail(
    platform: Platform, customer: Customer, second: httpx.Client, anonymous: httpx.Client
) -> None:
    email, since = customer.account.email, time.time_ns()
    good(customer.browser.patch("/v1/me", json={"locale": "de"}))
    for address in (f"nobody.{email}", email):
        answer = anonymous.post(
            "/v1/password-resets",
            json={"email": address},
            headers={"X-Forwarded-Host": "evil.example"},
        )
        assert (answer.status_code, answer.content) == (202, b"")
    link = rf"^(http://{PLATFORM}\.localhost:{platform.gateway_port}/reset#token=[\w-]+)\s*$"
    found = eventually(mail_with(platform.mail_dir, email, link, since), what="a mail with a link")
    assert len(found) <= 70
    assert is_in(second)
    body = {"token": found.partition("#token=")[2], "password": NEW}
    chosen = good(anonymous.post("/v1/password-resets/confirm", json=body))
    assert "set-cookie" not in chosen.headers
    eventually(lambda: not is_in(second) and not is_in(customer.browser), AT_ONCE_SECONDS)
    again = anonymous.post("/v1/password-resets/confirm", json=body)
    assert refusal(again) == (410, "reset_link_invalid")
    refused = second.send(customer.account.log_in())
    assert refusal(refused) == (401, "invalid_credentials")
    entered = second.post("/v1/session", json={"email": email, "password": NEW})
    assert entered.status_code == 201
    note = r"(Das Passwort Ihres Kontos bei StagifyAI wurde geändert)"
    assert eventually(mail_with(platform.mail_dir, email, note, since), what="a note")
    assert customer.http.get("/v1/projects").status_code == 200


def test_a_key_has_no_account(customer: Customer) -> None:
    for path in ("/v1/me", "/v1/me/sessions"):
        assert refusal(customer.http.get(path)) == (403, "person_required")


def test_a_session_shows_what_the_plan_includes(platform: Platform, customer: Customer) -> None:
    included = good(customer.http.get("/v1/entitlements")).json()
    assert (included["plan"], included["limits"]["staging"]) == ("free", 10)
    assert eventually(lambda: entitlements(customer), what="the plan to be known") == included
    # As soon as the gateway knows of a new plan, it is shown.
    set_plan(platform, customer, "pro")
