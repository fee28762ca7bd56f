"""Limits and time-outs: what is refused, with which code; and how the gateway stops."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from gateway.fairness.limits import Limits, LimitSettings, Party
from gateway.fairness.refusals import TOO_MANY_IN_FLIGHT
from gateway.hosts.sites import Site
from gateway.testing.client import HOST, MEMBER, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Hang, Hold, Received, Wire, silent_stream
from gateway.wire.bucket import Bucket
from gateway.wire.refusals import OVERLOADED
from stagify.testing.waiting import PATIENCE_SECONDS

MakeGateway = Callable[..., Awaitable[Running]]
AddMember = Callable[..., Awaitable[UUID]]


class TestBucket:
    def test_burst_is_let_in_and_then_the_rate(self) -> None:
        bucket = Bucket(rate=8, burst=5)
        assert [bucket.take(100.0) for _ in range(6)] == [True] * 5 + [False]
        assert not bucket.take(100.0625)
        assert bucket.take(100.125)
        assert not bucket.take(100.125)

    def test_saved_tokens_are_at_most_the_burst(self) -> None:
        bucket = Bucket(rate=8, burst=5)
        assert sum(bucket.take(1_000_000.0) for _ in range(10)) == 5


class TestCounting:
    def test_one_tenant_cannot_take_every_place(self) -> None:
        limits = Limits(LimitSettings(max_in_flight=5, tenant_max_in_flight=2))
        greedy, modest = limits.new_party(), limits.new_party()
        assert [limits.enter(greedy, 1.0) for _ in range(2)] == [None, None]
        assert limits.enter(greedy, 1.0) is TOO_MANY_IN_FLIGHT
        assert limits.enter(modest, 1.0) is None
        limits.leave(greedy)
        assert limits.enter(greedy, 1.0) is None

    def test_all_tenants_together_have_a_limit(self) -> None:
        limits = Limits(LimitSettings(max_in_flight=2))
        parties = [limits.new_party() for _ in range(3)]
        assert [limits.enter(party, 1.0) for party in parties] == [None, None, OVERLOADED]


class TestPlans:
    def test_plan_has_a_rate_of_its_own(self) -> None:
        settings = LimitSettings(tenant_rate=1, tenant_burst=2, plan_rates={"pro": 3})
        limits = Limits(settings)
        party = limits.new_party()
        limits.follow_plan(party, "free")
        assert self.admitted(limits, party) == 2
        limits.follow_plan(party, "pro")
        assert self.admitted(limits, party) == 6
        refusal = limits.enter(party, 1.0)
        assert refusal is not None
        assert dict(refusal.headers)["ratelimit-policy"] == '"tenant";q=6;w=2'

    def test_another_version_of_the_same_plan_does_not_refill_the_bucket(self) -> None:
        limits = Limits(LimitSettings(tenant_rate=1, tenant_burst=2))
        party = limits.new_party()
        assert self.admitted(limits, party) == 2
        limits.follow_plan(party, "free")
        assert self.admitted(limits, party) == 0

    @staticmethod
    def admitted(limits: Limits, party: Party) -> int:
        return sum(limits.enter(party, 1.0) is None for _ in range(10))


async def test_tenants_plan_decides_on_its_rate(make_gateway: MakeGateway) -> None:
    live = await make_gateway(
        tenant_requests_per_second=1000, plan_requests_per_second={"tiny": 0.001}
    )
    tenant_id = await live.add_tenant("other", plan="free")
    before = live.gateway.directory.find(b"other.stagify.test")
    await live.add_tenant("other", tenant_id=tenant_id, plan="tiny")
    after = live.gateway.directory.find(b"other.stagify.test")
    assert isinstance(before, Site)
    assert isinstance(after, Site)
    assert before.party is after.party
    assert after.party.take(1.0)
    assert not after.party.take(1.0)


async def test_address_without_credential_is_slowed_down(make_gateway: MakeGateway) -> None:
    live = await make_gateway(address_requests_per_second=0.5, address_burst=2)
    client = await live.connect()
    for _ in range(2):
        await client.send(request())
        assert (await client.answer()).status == 200
    await client.send(request())
    answer = await client.answer()
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["ratelimit"] == '"address";r=0;t=2'
    assert answer.headers["ratelimit-policy"] == '"address";q=2;w=4'
    # The connection is kept: a new one would cost more than the refusal.
    await client.send(request("/nowhere"))
    assert (await client.answer()).code == "rate_limited"
    # Unless refusals do not help.
    await client.send(request())
    answer = await client.answer()
    assert (answer.code, answer.headers["connection"]) == ("rate_limited", "close")
    assert await client.everything() == b""
    await client.close()


async def test_requests_over_the_limits_are_shed(
    make_gateway: MakeGateway, add_member: AddMember, service: FakeService
) -> None:
    live = await make_gateway(max_in_flight=3, tenant_max_in_flight=2)
    for slug in ("acme", "other"):
        await add_member(live, slug)
    go_on, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def wait(received: Received, wire: Wire) -> None:
        begun.release()
        await go_on.wait()
        await wire.respond()

    service.handlers["/v1/projects"] = wait
    clients = [await live.connect() for _ in range(3)]
    for client, host in zip(clients, (HOST, HOST, "other.stagify.test"), strict=True):
        await client.send(request("/v1/projects", MEMBER, host=host))
        await begun.acquire()
        if client is clients[1]:
            answer = await live.get(request("/v1/projects", MEMBER))
            assert (answer.status, answer.code) == (429, "too_many_in_flight")
            assert answer.headers["retry-after"] == "1"
    answer = await live.get(request("/v1/projects", MEMBER, host="other.stagify.test"))
    assert (answer.status, answer.code) == (503, "overloaded")
    assert answer.headers["retry-after"] == "1"
    go_on.set()
    for client in clients:
        assert (await client.answer()).status == 200
        await client.close()
    assert (await live.get(request("/v1/projects", MEMBER))).status == 200


async def test_connections_over_the_limit_are_refused(
    make_gateway: MakeGateway, service: FakeService
) -> None:
    live = await make_gateway(max_connections=1)
    hold = Hold()
    service.handlers["/v1/projects"] = hold
    first = await live.connect()
    await first.send(request())
    await hold.begun.wait()
    second = await live.connect()
    answer = await second.answer()
    assert (answer.status, answer.code) == (503, "overloaded")
    await second.close()
    hold.go_on.set()
    assert (await first.answer()).status == 200
    await first.close()


async def test_idle_connections_keep_nobody_out(make_gateway: MakeGateway) -> None:
    live = await make_gateway(max_connections=2)
    idle = [await live.connect() for _ in range(2)]
    await idle[0].send(request())
    assert (await idle[0].answer()).status == 200
    # The one that never sent a request has waited longer.
    assert (await live.get(request())).status == 200
    assert await idle[1].everything() == b""
    await idle[0].send(request())
    assert (await idle[0].answer()).status == 200
    for client in idle:
        await client.close()


async def test_many_requests_at_once_are_answered_in_order(make_gateway: MakeGateway) -> None:
    live = await make_gateway(address_burst=1000)
    client = await live.connect()
    # Each is refused at once, so that the next one starts before the last one has returned.
    await client.send(request("/v1/none", method="GET") * 1000)
    assert {(await client.answer()).status for _ in range(1000)} == {404}
    await client.close()


async def test_streams_have_a_limit_of_their_own(
    make_gateway: MakeGateway, add_member: AddMember, service: FakeService
) -> None:
    live = await make_gateway(tenant_max_in_flight=1, tenant_max_streams=1)
    await add_member(live)
    service.handlers["/v1/projects/1/events"] = silent_stream
    client = await live.connect()
    await client.send(request("/v1/projects/1/events", MEMBER))
    await client.until(b":\n")
    assert (await live.get(request("/v1/projects", MEMBER))).status == 200
    answer = await live.get(request("/v1/projects/1/events", MEMBER))
    assert (answer.status, answer.code) == (429, "too_many_in_flight")
    assert (await live.get(request("/v1/projects", MEMBER))).status == 200
    await client.close()


class TestTimeouts:
    """Tests call the sweep with a time in the future instead of waiting."""

    @pytest.fixture
    async def later(self, live: Running) -> Callable[[], Awaitable[None]]:
        """Let an hour pass."""
        from time import monotonic

        async def sweep() -> None:
            await live.run(lambda: live.gateway.listener.sweep(monotonic() + 3600))

        return sweep

    async def test_idle_connection_is_closed(
        self, live: Running, later: Callable[[], Awaitable[None]]
    ) -> None:
        client = await live.connect()
        await client.send(request())
        assert (await client.answer()).status == 200
        await later()
        assert await client.everything() == b""
        await client.close()

    @pytest.mark.parametrize(
        "part",
        [
            b"GET /v1/pro",
            request()[:-2],
            request("/v1/projects", "Content-Length: 9", method="POST") + b"half",
            request("/v1/projects", "Transfer-Encoding: chunked", method="POST") + b"5\r\nha",
        ],
    )
    async def test_request_that_does_not_arrive_is_given_up(
        self,
        live: Running,
        service: FakeService,
        later: Callable[[], Awaitable[None]],
        part: bytes,
    ) -> None:
        client = await live.connect()
        await client.send(part)
        # Another connection's answer tells that these bytes have been read.
        assert (await live.get(request())).status == 200
        await later()
        answer = await client.answer()
        assert (answer.status, answer.code) == (408, "request_timeout")
        assert await client.everything() == b""
        await client.close()

    async def test_service_that_does_not_answer_is_given_up(
        self, live: Running, service: FakeService, later: Callable[[], Awaitable[None]]
    ) -> None:
        hang = Hang()
        service.handlers["/v1/projects"] = hang
        client = await live.connect()
        await client.send(request())
        await hang.begun.wait()
        await later()
        answer = await client.answer()
        assert (answer.status, answer.code) == (504, "upstream_timeout")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hang.gone.wait()
        # Nothing is wrong with the client's connection.
        await client.send(request("/nowhere"))
        assert (await client.answer()).status == 404
        await client.close()

    async def test_stream_that_falls_silent_is_cut(
        self, live: Running, service: FakeService, later: Callable[[], Awaitable[None]]
    ) -> None:
        async def stream(received: Received, wire: Wire) -> None:
            await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
            await wire.wait_closed_by_peer()

        service.handlers["/v1/projects"] = stream
        client = await live.connect()
        await client.send(request())
        await client.until(b"half")
        await later()
        assert await client.everything() == b""
        await client.close()


class TestDrain:
    async def test_requests_under_way_end_and_nobody_else_begins(
        self, make_gateway: MakeGateway, service: FakeService
    ) -> None:
        live = await make_gateway()
        hold = Hold(b"done")
        service.handlers["/v1/projects"] = hold
        idle, busy = await live.connect(), await live.connect()
        await idle.send(request("/v1/usage"))
        assert (await idle.answer()).status == 200
        await busy.send(request())
        await hold.begun.wait()
        port = live.port
        draining = asyncio.create_task(live.run(lambda: live.gateway.listener.drain(60)))
        assert await idle.everything() == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        hold.go_on.set()
        answer = await busy.answer()
        assert (answer.body, answer.headers["connection"]) == (b"done", "close")
        assert await busy.everything() == b""
        await draining
        for client in (idle, busy):
            await client.close()

    async def test_what_does_not_end_is_cut_off(
        self, make_gateway: MakeGateway, service: FakeService
    ) -> None:
        live = await make_gateway()
        hang = Hang()
        service.handlers["/v1/projects"] = hang
        client = await live.connect()
        await client.send(request())
        await hang.begun.wait()
        await live.run(lambda: live.gateway.listener.drain(0.05))
        assert await client.everything() == b""
        await client.close()

    async def test_event_streams_do_not_hold_up_the_stop(
        self, make_gateway: MakeGateway, service: FakeService
    ) -> None:
        live = await make_gateway()

        service.handlers["/v1/projects/1/events"] = silent_stream
        client = await live.connect()
        await client.send(request("/v1/projects/1/events"))
        await client.until(b":\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await live.run(lambda: live.gateway.listener.drain(600))
        await client.close()
