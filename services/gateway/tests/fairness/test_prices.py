"""Whatever the gateway answers has a limit: none of it can be asked for without end from one source."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from gateway.hosts.routes import PREFIXES
from gateway.testing.client import BEARER, MEMBER, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService

MakeGateway = Callable[..., Awaitable[Running]]
AddMember = Callable[..., Awaitable[UUID]]
OTHER_SOURCE = "127.0.0.2"
WRONG_SESSION = "Cookie: __Host-stagify_session=" + "w" * 43
LATE = "late.stagify.test"
# What can be asked without a valid credential, and the status that it gets at first.
ASKED = {
    **{f"page {path}": (request(path), 200) for path in ("/", "/docs", "/openapi.json")},
    "asset": (request("/docs/swagger-ui.css"), 200),
    "page on the platform host": (request("/", host="app.stagify.test"), 200),
    "head": (request("/openapi.json", method="HEAD"), 200),
    "unchanged page": (request("/docs", "If-None-Match: *"), 304),
    "unknown path": (request("/nowhere"), 404),
    "unknown route": (request("/v1/nowhere"), 404),
    "wrong method": (request("/docs", method="POST"), 405),
    "unknown host": (request(host="nobody.stagify.test"), 404),
    "host that is none": (request(host="-"), 400),
    "page of an unknown host": (request("/", "Accept: text/html", host="no.stagify.test"), 404),
    "suspended tenant": (request(host=LATE), 403),
    "nonsense for a key": (request("/v1/projects", "Authorization: Bearer x"), 401),
    "unknown key": (request("/v1/projects", BEARER), 401),
    "unknown session": (request("/v1/projects", WRONG_SESSION), 401),
    "page of another origin": (
        request("/v1/projects", MEMBER, "Origin: https://evil.test", method="POST"),
        403,
    ),
    "body that is not awaited": (request("/nowhere", "Content-Length: 4", method="POST"), 404),
    **{
        f"visitor of {prefix}": (request(f"/v1/{prefix}"), 200)
        for prefixes in PREFIXES.values()
        for prefix in prefixes
    },
    "visitor of a slug": (request("/v1/slugs/free", host="app.stagify.test"), 200),
    "log-in": (request("/v1/session", method="POST", body=b"{}"), 200),
    "log-in with an old session": (
        request("/v1/session", WRONG_SESSION, method="POST", body=b"{}"),
        200,
    ),
}
MALFORMED = (
    b"nonsense\r\n\r\n",
    request(host=None),
    request("/v1/projects", "Content-Length: x", method="POST"),
    request("/v1/projects", "Content-Length: 99999999", method="POST"),
    request("/" + "x" * 9000),
)


@pytest.fixture
async def strict(make_gateway: MakeGateway, add_member: AddMember) -> Running:
    """A gateway that answers a source twice, and refuses it twice more."""
    live = await make_gateway(address_requests_per_second=0.001, address_burst=2)
    await add_member(live)
    await live.add_tenant("late", status="suspended")
    await live.run(live.gateway.openapi.refresh)
    return live


@pytest.mark.parametrize(("asked", "status"), ASKED.values(), ids=ASKED.keys())
async def test_source_that_asks_for_too_much_is_refused_and_then_cut_off(
    strict: Running, asked: bytes, status: int
) -> None:
    to_head = asked.startswith(b"HEAD")
    seen = []
    for _ in range(5):
        client = await strict.connect()
        await client.send(asked)
        answer = await client.answer(to_head=to_head)
        is_closed = answer.headers.get("connection") == "close"
        seen.append((answer.status, is_closed))
        await client.close()
    allowed = [answer for answer in seen if answer[0] == status]
    refused = [answer for answer in seen if answer[0] != status]
    # An old session costs a look-up, and the log-in itself.
    assert 1 <= len(allowed) <= 2
    assert {answer[0] for answer in refused} == {429}
    assert refused[-1] == (429, True)
    # Neither other sources nor a member at the same address notice anything.
    assert (await strict.get(request("/docs"), OTHER_SOURCE)).status == 200
    member = await strict.get(request("/v1/projects", MEMBER), OTHER_SOURCE)
    assert member.status == 200


@pytest.mark.parametrize("asked", MALFORMED)
async def test_bytes_that_are_no_request_are_not_answered_without_end(
    strict: Running, asked: bytes
) -> None:
    for number in range(6):
        client = await strict.connect()
        await client.send(asked)
        assert bool(await client.everything()) == (number < 4)
        await client.close()
    assert strict.gateway.sources.cut_off == 2
    assert (await strict.get(request("/docs"), OTHER_SOURCE)).status == 200


async def test_member_is_served_at_an_address_that_is_cut_off(
    strict: Running, service: FakeService
) -> None:
    # The look-up of the session is paid by the address.
    assert (await strict.get(request("/v1/projects", MEMBER))).status == 200
    for _ in range(6):
        await strict.get(request("/nowhere"))
    assert (await strict.get(request("/nowhere"))).status == 429
    client = await strict.connect()
    for _ in range(3):
        await client.send(request("/v1/projects", MEMBER))
        assert (await client.answer()).status == 200
    await client.close()


async def test_limit_of_the_tenant_has_its_price_too(
    make_gateway: MakeGateway, add_member: AddMember
) -> None:
    live = await make_gateway(tenant_requests_per_second=0.001, tenant_burst=1)
    await add_member(live)
    client = await live.connect()
    seen = []
    for _ in range(3):
        await client.send(request("/v1/projects", MEMBER))
        seen.append((await client.answer()).status)
    assert seen == [200, 429, 429]
    await client.close()
