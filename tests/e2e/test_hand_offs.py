"""One log-in on the platform's host, and from there into the workspace; through the gateway."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from proof.customers import PASSWORD, Browser, refusal
from proof.streams import AT_ONCE_SECONDS
from stagify_local.customer import PLATFORM, SESSION_COOKIE, Customer
from stagify_local.platform import Platform
from stagify_local.waiting import eventually


@pytest.fixture
def hosts(
    platform: Platform, new_customer: Callable[[], Customer]
) -> Iterator[tuple[Browser, Browser, Customer]]:
    """A browser on the platform's host and on that of its person's workspace."""
    customer = new_customer()
    customer.await_active()
    app, there = (
        Browser(platform.gateway_port, each) for each in (PLATFORM, customer.account.slug)
    )
    yield app, there, customer
    for each in (app, there):
        each.http.close()


def go(app: Browser, there: Browser) -> httpx.Response:
    """The way from the platform's host into the workspace."""
    challenge = there.call("POST", "/v1/handoffs/start", json={}).json()["challenge"]
    (tenant,) = app.call("GET", "/v1/me/tenants").json()["items"]
    body = {"tenant_id": tenant["id"], "challenge": challenge}
    made = app.call("POST", "/v1/handoffs", json=body)
    assert made.status_code == 201, made.text
    address, _, code = made.json()["url"].partition("#code=")
    assert address == f"{tenant['url']}/enter"
    return there.call("POST", "/v1/session", json={"handoff": code})


def log_in(app: Browser, customer: Customer) -> None:
    body = {"email": customer.account.email, "password": PASSWORD}
    assert app.call("POST", "/v1/session", json=body).status_code == 201


def test_person_goes_from_the_platform_into_their_workspace(
    hosts: tuple[Browser, Browser, Customer],
) -> None:
    app, there, customer = hosts
    assert refusal(app.call("GET", "/v1/session")) == (401, "authentication_required")
    log_in(app, customer)
    assert app.call("GET", "/v1/session").json()["scope"] == "person"
    assert go(app, there).status_code == 201
    who = there.call("GET", "/v1/session").json()
    assert (who["scope"], who["tenant"]["slug"]) == ("workspace", customer.account.slug)
    # Each host has a token of its own, and neither is worth anything on the other.
    tokens = [each.cookies[SESSION_COOKIE] for each in (app, there)]
    app.cookies[SESSION_COOKIE], there.cookies[SESSION_COOKIE] = reversed(tokens)
    assert refusal(app.call("GET", "/v1/session")) == (401, "authentication_required")
    assert refusal(there.call("GET", "/v1/session")) == (401, "invalid_credential")


def test_log_out_on_the_platform_ends_the_workspace_at_once(
    hosts: tuple[Browser, Browser, Customer],
) -> None:
    app, there, customer = hosts
    log_in(app, customer)
    assert go(app, there).status_code == 201
    assert there.call("GET", "/v1/usage").status_code == 200
    answer = app.call("DELETE", "/v1/session")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    eventually(lambda: there.call("GET", "/v1/usage").status_code == 401, AT_ONCE_SECONDS)


def test_pages_of_other_sites_cannot_ask_for_a_hand_off(
    hosts: tuple[Browser, Browser, Customer],
) -> None:
    app, _, customer = hosts
    log_in(app, customer)
    headers = {
        "Cookie": f"{SESSION_COOKIE}={app.cookies[SESSION_COOKIE]}",
        "Sec-Fetch-Site": "same-site",
    }
    body = {"tenant_id": "01a20796-68cf-776b-99d7-1dbbe564cdb6", "challenge": "c" * 43}
    answer = app.http.post("/v1/handoffs", json=body, headers=headers)
    assert refusal(answer) == (403, "origin_mismatch")


def test_an_ended_session_does_not_keep_anyone_from_coming_back(
    hosts: tuple[Browser, Browser, Customer],
) -> None:
    app, there, customer = hosts
    there.cookies[SESSION_COOKIE] = "e" * 43
    log_in(app, customer)
    assert go(app, there).status_code == 201
    assert there.call("GET", "/v1/session").status_code == 200
