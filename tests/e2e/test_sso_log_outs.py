"""A log-out at a company's provider counts at every service at once, on the running platform."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from proof.customers import Browser, refusal, set_plan
from proof.streams import assert_ends, following
from sso_testing import CLIENT_ID, CLIENT_SECRET, CONNECTIONS, URL, Idp  # type: ignore[import-untyped]
from stagify_local.customer import PLATFORM, Customer, client, good
from stagify_local.platform import Platform

READS = ("/v1/members", "/v1/tenant", "/v1/projects", "/v1/usage")
STREAM = "/v1/projects/events"


@pytest.fixture
def idp() -> Iterator[Idp]:
    """A provider whose words a test chooses."""
    provider, loop = Idp(), asyncio.new_event_loop()
    beginning = asyncio.start_server(provider.serve, "127.0.0.1", 0)
    server = loop.run_until_complete(beginning)
    provider.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield provider
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def enter(browser: Browser, idp: Idp, connection: str, subject: str, **claims: object) -> int:
    """The status after a whole log-in; of somebody who is logged in, a test."""
    is_test = browser.call("GET", "/v1/session").is_success
    body = {"connection_id": connection, "is_test": is_test}
    begun = browser.call("POST", f"{URL}/start", json=body)
    told = idp.authorize(good(begun).json()["url"], subject, **claims)
    return browser.call("POST", f"{URL}/callback", json=told).status_code


def test_it_ends_sessions_and_streams_everywhere(
    platform: Platform, customer: Customer, idp: Idp
) -> None:
    account = customer.account
    set_plan(platform, customer, "enterprise")
    owner, grace = (Browser(platform.gateway_port, account.slug) for _ in range(2))
    with owner.http, grace.http, client(platform.gateway_port, PLATFORM) as provider:
        login = {"email": account.email, "password": account.password}
        good(owner.call("POST", "/v1/session", json=login))
        wanted = {
            "name": "Lakeside",
            "issuer": idp.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        made = good(owner.call("POST", CONNECTIONS, json=wanted)).json()
        path, domain = f"{CONNECTIONS}/{made['id']}", f"{account.slug}.example"
        good(owner.call("POST", f"{path}/domains", json={"domain": domain}))
        good(owner.call("POST", f"{path}/domains/{domain}/check"))
        assert enter(owner, idp, made["id"], "owner") == 200
        switches = {"is_enabled": True, "is_just_in_time": True}
        good(owner.call("PATCH", path, json=switches))
        email = f"grace@{domain}"
        assert enter(grace, idp, made["id"], "grace", email=email, sid="one") == 201
        for each in READS:
            good(grace.call("GET", each))
        cookie = "; ".join(f"{name}={value}" for name, value in grace.cookies.items())
        with following(grace.http, STREAM, Cookie=cookie) as lines:
            token = idp.log_out_token(sub="grace", sid="one")
            where = made["log_out_uri"].partition("/v1/")[2]
            good(provider.post(f"/v1/{where}", data={"logout_token": token}))
            begun = time.monotonic()
            assert_ends(lines, begun)
        for each in READS:
            assert refusal(grace.call("GET", each)) == (401, "invalid_credential")
        good(owner.call("GET", "/v1/tenant"))
