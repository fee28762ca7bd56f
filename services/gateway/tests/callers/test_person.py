"""A person's session on the platform's host: identity-svc alone gets it, and no page of another site
can use it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from starlette.requests import Request

from gateway.hosts.routes import PREFIXES, ServiceName
from gateway.testing.client import SESSION, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received
from stagify.testing.context import ContextKeys
from stagify.tokens import TokenVerifier

AddMember = Callable[..., Awaitable[UUID]]

APP = "app.stagify.test"
COOKIE = f"Cookie: a=1; __Host-stagify_session={SESSION}; b=2"
OWN_PAGE = ("Origin: https://app.stagify.test", "Sec-Fetch-Site: same-origin")
ELSEWHERE = [(name, prefixes) for name, prefixes in PREFIXES.items() if name != "identity-svc"]


def cookies_of(received: Received) -> dict[str, str]:
    """The cookies as a service reads them."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in received.headers]
    return Request({"type": "http", "headers": headers}).cookies


@pytest.mark.parametrize("prefix", PREFIXES["identity-svc"])
async def test_identity_svc_gets_the_session_and_a_visitor(
    live: Running,
    service: FakeService,
    identity: Identity,
    context_keys: ContextKeys,
    prefix: str,
) -> None:
    answer = await live.get(request(f"/v1/{prefix}", COOKIE, host=APP))
    assert answer.status == 200
    received = service.received[-1]
    assert cookies_of(received) == {"a": "1", "b": "2", "__Host-stagify_session": SESSION}
    (token,) = received.values("x-stagify-context")
    caller = TokenVerifier("identity-svc", context_keys.public).verify(token)
    assert (caller.kind, caller.tenant_id, caller.user_id) == ("platform", None, None)
    # The gateway has not asked whose it is.
    assert identity.asked == 0


@pytest.mark.parametrize(("name", "prefixes"), ELSEWHERE)
async def test_no_other_service_gets_it(
    live: Running, service: FakeService, name: ServiceName, prefixes: tuple[str, ...]
) -> None:
    for prefix in prefixes:
        await live.get(request(f"/v1/{prefix}", COOKIE, host=APP))
        received = service.received[-1]
        assert received.target == f"/v1/{prefix}", name
        assert cookies_of(received) == {"a": "1", "b": "2"}, (name, prefix)
        assert SESSION not in str(received.headers)


async def test_no_service_gets_one_on_a_tenants_host(
    live: Running, service: FakeService, add_member: AddMember
) -> None:
    await add_member(live)
    for prefix in ("session", "projects"):
        assert (await live.get(request(f"/v1/{prefix}", COOKIE))).status == 200
        assert cookies_of(service.received[-1]) == {"a": "1", "b": "2"}
        assert SESSION not in str(service.received[-1].headers)
    # Nor one that is not valid there, where anyone may call.
    other = COOKIE.replace(SESSION, "w" * 43)
    assert (await live.get(request("/v1/session", other, method="POST"))).status == 200
    assert cookies_of(service.received[-1]) == {"a": "1", "b": "2"}


async def test_session_of_one_request_is_not_in_the_next(
    live: Running, service: FakeService
) -> None:
    client = await live.connect()
    for line, expected in ((COOKIE, SESSION), ("Cookie: a=1", None), (COOKIE, SESSION)):
        await client.send(request("/v1/session", line, host=APP))
        assert (await client.answer()).status == 200
        assert cookies_of(service.received[-1]).get("__Host-stagify_session") == expected
    await client.close()


@pytest.mark.parametrize(
    "value", ["short", "", f'"{SESSION}"', SESSION + "x", "stg_live_k1_0123456789abcdef0123456789"]
)
async def test_what_cannot_be_a_session_is_not_passed_on(
    live: Running, service: FakeService, value: str
) -> None:
    line = f"Cookie: __Host-stagify_session={value}; a=1"
    assert (await live.get(request("/v1/session", line, host=APP))).status == 200
    assert cookies_of(service.received[-1]) == {"a": "1"}


@pytest.mark.parametrize("blank", ["\x85", "\xa0", " \xa0\t"])
async def test_a_name_that_only_looks_like_it_does_not_take_its_place(
    live: Running, service: FakeService, blank: str
) -> None:
    line = f"{COOKIE}; {blank}__Host-stagify_session={'e' * 43}"
    assert (await live.get(request("/v1/session", line, host=APP))).status == 200
    assert cookies_of(service.received[-1])["__Host-stagify_session"] == SESSION
    assert "e" * 43 not in str(service.received[-1].headers)


async def test_two_different_sessions_are_refused(live: Running, service: FakeService) -> None:
    line = f"{COOKIE}; __Host-stagify_session={'e' * 43}"
    answer = await live.get(request("/v1/session", line, host=APP))
    assert (answer.status, answer.code) == (400, "duplicate_credential")
    assert service.received == []


@pytest.mark.parametrize(
    ("method", "lines", "status"),
    [
        ("POST", OWN_PAGE, 200),
        ("POST", (), 200),
        ("POST", ("Sec-Fetch-Site: none",), 200),
        ("GET", ("Origin: https://evil.test", "Sec-Fetch-Site: cross-site"), 200),
        ("HEAD", ("Sec-Fetch-Site: same-site",), 200),
        # A tenant's page is of the same site, but not of the same origin.
        ("POST", ("Sec-Fetch-Site: same-site",), 403),
        ("PATCH", ("Origin: https://acme.stagify.test",), 403),
        ("POST", ("Sec-Fetch-Site: cross-site",), 403),
        ("DELETE", ("Origin: https://evil.test",), 403),
        ("PUT", ("Origin: null",), 403),
        ("POST", ("Origin: http://app.stagify.test",), 403),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_page_of_another_site_cannot_use_it(
    live: Running,
    service: FakeService,
    method: str,
    lines: tuple[str, ...],
    status: int,
    body: bytes,
) -> None:
    asked = request("/v1/session", COOKIE, *lines, method=method, host=APP, body=body)
    answer = await live.get(asked)
    assert answer.status == status
    assert len(service.received) == (status == 200)
    if status == 403:
        assert answer.code == "origin_mismatch"
        # Without the session there is nothing to use.
        asked = request("/v1/session", *lines, method=method, host=APP, body=body)
        assert (await live.get(asked)).status == 200
