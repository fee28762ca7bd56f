"""What the source of a request may hold, and that nobody else's share is held by it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from gateway.fairness.limits import Limits, LimitSettings
from gateway.testing.client import HOST, MEMBER, SESSION, Client, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire, silent_stream
from gateway.wire.refusals import OVERLOADED, TOO_MANY_FROM_ADDRESS
from gateway.wire.sources import SourceLimits, Sources, network_of
from stagify.testing import eventually

MakeGateway = Callable[..., Awaitable[Running]]
AddMember = Callable[..., Awaitable[UUID]]
OTHER_SOURCE = "127.0.0.2"
APP = "app.stagify.test"
# Requests of which a part is missing.
PARTS = {
    "head": b"POST /v1/projects HTTP/1.1\r\nHost: " + HOST.encode(),
    "body": request("/v1/projects", "Content-Length: 9", method="POST") + b"h",
    "no body": request("/v1/projects", "Content-Length: 9", method="POST"),
    "chunk": request("/v1/projects", "Transfer-Encoding: chunked", method="POST") + b"5\r\nha",
    "last chunk": request("/v1/projects", "Transfer-Encoding: chunked", method="POST")
    + b"1\r\na\r\n0\r\n",
    "expect": request("/v1/projects", "Content-Length: 9", "Expect: 100-continue", method="POST"),
    "of a member": request("/v1/projects", MEMBER, "Content-Length: 9", method="POST") + b"h",
    "of the platform": request("/v1/signup", "Content-Length: 9", method="POST", host=APP) + b"h",
}


class Crowd:
    """A handler that lets nobody go on until told."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.go_on = asyncio.Event()

    async def __call__(self, received: Received, wire: Wire) -> None:
        self.begun.release()
        await self.go_on.wait()
        await wire.respond()


async def arriving(live: Running, count: int, source: str = "127.0.0.1") -> None:
    """Wait until `count` requests are arriving from `source`."""

    async def are_there() -> bool:
        return bool(await live.run(lambda: live.gateway.sources.of(source).arriving) == count)

    await eventually(are_there)


async def close(clients: list[Client]) -> None:
    for client in clients:
        await client.close()


class TestNetworks:
    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
            ("2001:db8:1:2::1", "2001:0db8:0001:0002"),
            ("2001:DB8:1:2:ffff::", "2001:0db8:0001:0002"),
            ("2001:db8:1:3::1", "2001:0db8:0001:0003"),
            ("fe80::1%eth0", "fe80:0000:0000:0000"),
            ("unknown", "unknown"),
            ("a:b", "a:b"),
        ],
    )
    def test_network_of_an_address(self, address: str, network: str) -> None:
        assert network_of(address) == network

    def test_one_network_is_one_source(self) -> None:
        sources = Sources(SourceLimits())
        assert sources.of("2001:db8::1") is sources.of("2001:db8::2")
        assert sources.of("2001:db8::1") is not sources.of("2001:db8:0:1::1")

    def test_sources_are_forgotten_before_they_are_too_many(self) -> None:
        sources = Sources(SourceLimits(max_sources=2, rate=0.001, burst=1))
        for address in ("a", "b", "c"):
            assert sources.of(address).pay(1.0)
        assert len(sources) == 2
        assert not sources.of("c").pay(1.0)
        assert sources.of("a").pay(1.0)

    def test_source_that_holds_something_is_not_forgotten(self) -> None:
        sources = Sources(SourceLimits(max_sources=2))
        held = sources.of("a")
        assert held.enter()
        for number in range(20):
            sources.of(str(number))
        assert sources.of("a") is held
        assert len(sources) <= 3


class TestCounting:
    def test_visitors_of_one_source_have_a_limit(self) -> None:
        settings = LimitSettings(source=SourceLimits(max_in_flight=2))
        limits, sources = Limits(settings), Sources(settings.source)
        one, other = sources.of("a"), sources.of("b")
        assert [limits.enter_visitor(one, 1.0) for _ in range(2)] == [None, None]
        assert limits.enter_visitor(one, 1.0) is TOO_MANY_FROM_ADDRESS
        assert limits.enter_visitor(other, 1.0) is None
        limits.leave_visitor(one)
        assert limits.enter_visitor(one, 1.0) is None

    def test_visitors_leave_half_of_everything_to_members(self) -> None:
        settings = LimitSettings(max_in_flight=4)
        limits, sources = Limits(settings), Sources(settings.source)
        asked = [limits.enter_visitor(sources.of(str(number)), 1.0) for number in range(4)]
        assert asked == [None, None, OVERLOADED, OVERLOADED]
        party = limits.new_party()
        assert [limits.enter(party, 1.0) for _ in range(3)] == [None, None, OVERLOADED]

    def test_visitors_cost_no_tenant_a_token(self) -> None:
        limits = Limits(LimitSettings(tenant_rate=0.001, tenant_burst=1))
        sources, party = Sources(SourceLimits()), limits.new_party()
        assert limits.enter_visitor(sources.of("a"), 1.0) is None
        assert limits.enter(party, 1.0) is None
        assert limits.enter(party, 1.0) is party.rate.refusal


class TestUnfinishedRequests:
    @pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())
    async def test_they_hold_nothing_of_a_tenant(
        self,
        make_gateway: MakeGateway,
        add_member: AddMember,
        part: bytes,
    ) -> None:
        # Two tokens, of which the member needs one for each of two requests.
        live = await make_gateway(
            tenant_max_in_flight=1,
            max_in_flight=2,
            tenant_requests_per_second=0.001,
            tenant_burst=2,
        )
        await add_member(live)
        slow = [await live.connect() for _ in range(8)]
        for client in slow:
            await client.send(part)
        await arriving(live, 8)
        limits = live.gateway.limits
        assert (limits.in_flight, limits.visitors) == (0, 0)
        for source in ("127.0.0.1", OTHER_SOURCE):
            assert (await live.get(request("/v1/projects", MEMBER), source)).status == 200
        assert (await live.get(request("/v1/signup", host=APP), OTHER_SOURCE)).status == 200
        await close(slow)
        await arriving(live, 0)

    async def test_they_hold_nothing_of_a_tenant_when_they_are_large(
        self,
        make_gateway: MakeGateway,
        add_member: AddMember,
        service: FakeService,
    ) -> None:
        live = await make_gateway(tenant_max_in_flight=1, service_max_running=2)
        await add_member(live)
        head = request("/v1/projects", MEMBER, "Content-Length: 100000", method="POST")
        slow = [await live.connect() for _ in range(9)]
        for client in slow[:8]:
            await client.send(head + b"x" * 99_999)

        async def are_kept() -> bool:
            return bool(await live.run(lambda: live.gateway.sources.large) == 8)

        await eventually(are_kept)
        assert live.gateway.limits.in_flight == 0
        # One more of the same source is too many. Others get on.
        await slow[8].send(head + b"x" * 99_999)
        assert (await slow[8].answer()).code == "overloaded"
        answer = await live.get(head + b"x" * 100_000, OTHER_SOURCE)
        assert answer.status == 200
        for client in slow[:8]:
            await client.send(b"x")
            assert (await client.answer()).status == 200
        posts = [each.body for each in service.received if each.method == "POST"]
        assert posts.count(b"x" * 100_000) == 9
        assert live.gateway.sources.large == 0
        await close(slow)

    @pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())
    async def test_the_oldest_is_given_up_for_a_new_one(
        self, make_gateway: MakeGateway, add_member: AddMember, part: bytes
    ) -> None:
        live = await make_gateway(address_max_arriving=2)
        await add_member(live)
        oldest, old = [await live.connect() for _ in range(2)]
        for client in (oldest, old):
            await client.send(part)
            await arriving(live, 1 if client is oldest else 2)
        new = await live.connect()
        await new.send(request("/v1/projects", "Content-Length: 4", method="POST") + b"12")
        if b"Expect" in part:
            assert (await oldest.answer()).status == 100
        answer = await oldest.answer()
        assert (answer.status, answer.code) == (408, "request_timeout")
        # Those of other sources are not touched.
        other = await live.connect(OTHER_SOURCE)
        await other.send(request("/v1/projects", "Content-Length: 4", method="POST") + b"12")
        await new.send(b"34")
        assert (await new.answer()).status == 200
        await arriving(live, 1)
        await close([oldest, old, new, other])

    async def test_whose_rights_end_meanwhile_is_refused(
        self,
        live: Running,
        add_member: AddMember,
        service: FakeService,
        identity: Identity,
    ) -> None:
        tenant_id = await add_member(live)
        found = identity.known[tenant_id, SESSION]
        client = await live.connect()
        await client.send(
            request("/v1/projects", MEMBER, "Content-Length: 4", method="POST") + b"12"
        )
        await arriving(live, 1)
        identity.known.clear()
        await live.revoke(found["credential_id"])
        await client.send(b"34")
        answer = await client.answer()
        assert (answer.status, answer.code) == (401, "invalid_credential")
        assert [each for each in service.received if each.target == "/v1/projects"] == []
        await client.close()


class TestVisitors:
    async def test_they_never_have_the_members_share(
        self,
        make_gateway: MakeGateway,
        add_member: AddMember,
        service: FakeService,
    ) -> None:
        live = await make_gateway(
            address_max_in_flight=2, tenant_max_in_flight=1, service_max_running=8
        )
        await add_member(live)
        crowd = Crowd()
        service.handlers["/v1/catalog"] = service.handlers["/v1/signup"] = crowd
        clients = [await live.connect() for _ in range(2)]
        for client, data in zip(
            clients,
            (request("/v1/catalog"), request("/v1/signup", method="POST", body=b"1", host=APP)),
            strict=True,
        ):
            await client.send(data)
            await crowd.begun.acquire()
        for data in (request("/v1/catalog"), request("/v1/signup", host=APP)):
            answer = await live.get(data)
            assert (answer.status, answer.code) == (429, "too_many_from_address")
            assert answer.headers["retry-after"] == "1"
        # A member at the same address, and a visitor at another one.
        assert (await live.get(request("/v1/projects", MEMBER))).status == 200
        assert (await live.get(request("/v1/usage"), OTHER_SOURCE)).status == 200
        crowd.go_on.set()
        for client in clients:
            assert (await client.answer()).status == 200
        assert (await live.get(request("/v1/catalog"))).status == 200
        await close(clients)

    async def test_they_do_not_keep_members_from_their_turn(
        self,
        make_gateway: MakeGateway,
        add_member: AddMember,
        service: FakeService,
    ) -> None:
        live = await make_gateway(service_max_running=4, turn_timeout_seconds=30)
        await add_member(live)
        crowd = Crowd()
        service.handlers["/v1/catalog"] = crowd
        clients = [await live.connect(f"127.0.0.{number}") for number in range(1, 9)]
        for client in clients:
            await client.send(request("/v1/catalog"))
        # Visitors of one tenant get half of the places; six of them wait.
        for _ in range(2):
            await crowd.begun.acquire()
        assert (await live.get(request("/v1/projects", MEMBER))).status == 200
        crowd.go_on.set()
        for client in clients:
            assert (await client.answer()).status == 200
        await close(clients)

    async def test_their_streams_count_at_the_source(
        self, make_gateway: MakeGateway, service: FakeService
    ) -> None:
        live = await make_gateway(address_max_in_flight=1, tenant_max_streams=1)
        service.handlers["/v1/projects/1/events"] = silent_stream
        client = await live.connect()
        await client.send(request("/v1/projects/1/events"))
        await client.until(b":\n")
        limits = live.gateway.limits
        assert (limits.in_flight, limits.visitors, limits.streams) == (0, 0, 1)
        answer = await live.get(request())
        assert (answer.status, answer.code) == (429, "too_many_from_address")
        assert (await live.get(request(), OTHER_SOURCE)).status == 200
        await client.close()

        async def is_over() -> bool:
            return bool(await live.run(lambda: limits.streams) == 0)

        await eventually(is_over)
        assert (await live.get(request())).status == 200


class TestConnections:
    async def test_those_of_one_source_have_a_limit(
        self, make_gateway: MakeGateway, service: FakeService
    ) -> None:
        live = await make_gateway(address_max_connections=2)
        crowd = Crowd()
        service.handlers["/v1/projects"] = crowd
        busy = [await live.connect() for _ in range(2)]
        for client in busy:
            await client.send(request())
            await crowd.begun.acquire()
        refused = await live.connect()
        answer = await refused.answer()
        assert (answer.status, answer.code) == (429, "too_many_from_address")
        assert (await live.get(request("/v1/usage"), OTHER_SOURCE)).status == 200
        crowd.go_on.set()
        for client in busy:
            assert (await client.answer()).status == 200
        # Idle ones give way.
        assert (await live.get(request("/v1/usage"))).status == 200
        assert await busy[0].everything() == b""
        await close([refused, *busy])

    async def test_trusted_proxy_has_no_limit_but_its_clients_have(
        self, make_gateway: MakeGateway, service: FakeService
    ) -> None:
        live = await make_gateway(
            trusted_proxies=["127.0.0.0/8"],
            address_max_connections=1,
            address_max_arriving=1,
            address_max_in_flight=1,
        )
        crowd = Crowd()
        service.handlers["/v1/projects"] = crowd

        def of(client: str, **changes: Any) -> bytes:
            return request("/v1/projects", f"X-Forwarded-For: {client}", **changes)

        clients = [await live.connect() for _ in range(2)]
        for client, address in zip(clients, ("192.0.2.1", "2001:db8::1"), strict=True):
            await client.send(of(address))
            await crowd.begun.acquire()
        for address in ("192.0.2.1", "2001:db8::2"):
            assert (await live.get(of(address))).code == "too_many_from_address"
        # Unfinished requests of one client do not push out those of another.
        parts = [await live.connect() for _ in range(2)]
        for client, address in zip(parts, ("192.0.2.3", "192.0.2.4"), strict=True):
            await client.send(
                request(
                    "/v1/usage",
                    f"X-Forwarded-For: {address}",
                    "Content-Length: 2",
                    method="POST",
                )
            )
            await arriving(live, 1, address)
        crowd.go_on.set()
        for client in parts:
            await client.send(b"{}")
        for client in [*parts, *clients]:
            assert (await client.answer()).status == 200
        await close([*parts, *clients])
