"""Answers that go on end with the right of their caller to have them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic
from uuid import UUID

import pytest

from gateway.testing.client import BEARER, HOST, KEY, MEMBER, SESSION, Client, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire
from stagify.clock import utc_now
from stagify.testing import eventually
from stagify.testing.waiting import PATIENCE_SECONDS

MakeGateway = Callable[..., Awaitable[Running]]
AddMember = Callable[..., Awaitable[UUID]]
EVENTS = "/v1/projects/1/events"
DOWNLOAD = "/v1/images/1"


class Endless:
    """A handler that begins an answer and does not end it."""

    def __init__(self, head: bytes, first: bytes) -> None:
        self._begin = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + first
        self.gone = asyncio.Event()

    async def __call__(self, received: Received, wire: Wire) -> None:
        self.gone.clear()
        await wire.send(self._begin)
        await wire.wait_closed_by_peer()
        self.gone.set()


@pytest.fixture
def events(service: FakeService) -> Endless:
    """The service's side of the event stream."""
    head = b"content-type: text/event-stream\r\ntransfer-encoding: chunked"
    found = service.handlers[EVENTS] = Endless(head, b"2\r\n:\n\r\n")
    return found


@pytest.fixture
def download(service: FakeService) -> Endless:
    """The service's side of a long answer that is no stream of events."""
    found = service.handlers[DOWNLOAD] = Endless(b"content-length: 100", b"half")
    return found


async def begin(live: Running, *lines: str, target: str = EVENTS, host: str = HOST) -> Client:
    """A client to whom the answer has begun."""
    client = await live.connect()
    await client.send(request(target, *lines, host=host))
    await client.until(b":\n" if target == EVENTS else b"half")
    return client


async def revoke(live: Running, identity: Identity, tenant_id: UUID, value: str = SESSION) -> None:
    """Revoke the credential; the event arrives."""
    found = identity.known.pop((tenant_id, value))
    await live.revoke(found["credential_id"])


async def ended_well(client: Client) -> bool:
    """Whether the rest of the stream is a clean end."""
    return await client.everything() == b"\r\n0\r\n\r\n"


async def assert_nothing_is_left(live: Running, endless: Endless) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await endless.gone.wait()
    limits = live.gateway.limits
    assert (limits.streams, limits.in_flight, limits.visitors) == (0, 0, 0)
    assert len(live.gateway.lasting) == 0
    assert list(live.gateway.lasting.callers()) == []


class TestRevocation:
    async def test_stream_ends_with_its_session(
        self, live: Running, add_member: AddMember, identity: Identity, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        client = await begin(live, MEMBER)
        assert len(live.gateway.lasting) == 1
        await revoke(live, identity, tenant_id)
        assert await ended_well(client)
        await assert_nothing_is_left(live, events)
        # The client connects again.
        assert (await live.get(request(EVENTS, MEMBER))).code == "invalid_credential"
        await client.close()

    async def test_stream_ends_with_its_key_and_others_go_on(
        self, live: Running, add_member: AddMember, identity: Identity, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        identity.add(tenant_id, KEY)
        kept = await begin(live, MEMBER)
        client = await begin(live, BEARER)
        await revoke(live, identity, tenant_id, KEY)
        assert await ended_well(client)
        assert len(live.gateway.lasting) == 1
        await revoke(live, identity, tenant_id)
        assert await ended_well(kept)
        for each in (client, kept):
            await each.close()

    async def test_streams_end_when_their_member_is_another(
        self, live: Running, add_member: AddMember, identity: Identity, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        identity.add(tenant_id, KEY)
        client, kept = await begin(live, MEMBER), await begin(live, BEARER)
        await live.reconsider(tenant_id, identity.known[tenant_id, SESSION]["user_id"])
        assert await ended_well(client)
        assert len(live.gateway.lasting) == 1
        await revoke(live, identity, tenant_id, KEY)
        for each in (client, kept):
            await each.close()

    async def test_client_is_told_from_the_start_that_its_connection_ends_with_the_stream(
        self, live: Running, add_member: AddMember, events: Endless
    ) -> None:
        await add_member(live)
        client = await live.connect()
        await client.send(request(EVENTS, MEMBER))
        head = await client.until(b"\r\n\r\n")
        assert b"\r\nconnection: close\r\n" in head
        await client.close()

    async def test_stream_ends_although_its_verdict_was_forgotten(
        self, live: Running, add_member: AddMember, identity: Identity, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        client = await begin(live, MEMBER)
        await live.run(lambda: live.gateway.credentials._known.clear())
        await live.run(lambda: live.gateway.credentials._keys_of.clear())
        await revoke(live, identity, tenant_id)
        assert await ended_well(client)
        await client.close()

    async def test_every_stream_of_a_session_ends(
        self, live: Running, add_member: AddMember, identity: Identity, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        clients = [await begin(live, MEMBER) for _ in range(3)]
        await revoke(live, identity, tenant_id)
        for client in clients:
            assert await ended_well(client)
            await client.close()

    async def test_nobody_takes_a_part_of_a_download_for_the_whole(
        self, live: Running, add_member: AddMember, identity: Identity, download: Endless
    ) -> None:
        tenant_id = await add_member(live)
        client = await begin(live, MEMBER, target=DOWNLOAD)
        await revoke(live, identity, tenant_id)
        assert await client.everything() == b""
        await assert_nothing_is_left(live, download)
        await client.close()

    async def test_client_that_does_not_read_is_cut_off(
        self, live: Running, add_member: AddMember, identity: Identity, service: FakeService
    ) -> None:
        async def flood(received: Received, wire: Wire) -> None:
            head = b"content-type: text/event-stream\r\ntransfer-encoding: chunked"
            await wire.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n2\r\n:\n\r\n")
            chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            while True:
                await wire.send(chunk)

        service.handlers[EVENTS] = flood
        tenant_id = await add_member(live)
        client = await begin(live, MEMBER)
        await revoke(live, identity, tenant_id)
        assert live.gateway.limits.streams == 0
        await live.run(lambda: live.gateway.listener.sweep(monotonic() + 10))

        async def is_gone() -> bool:
            return len(live.gateway.connections) == 0

        await eventually(is_gone)
        await client.close()


class TestTenant:
    async def test_streams_end_when_the_tenant_is_suspended(
        self, live: Running, add_member: AddMember, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        clients = [await begin(live, MEMBER), await begin(live)]
        await live.add_tenant("acme", tenant_id=tenant_id, status="suspended")
        for client in clients:
            assert await ended_well(client)
            await client.close()
        await assert_nothing_is_left(live, events)
        assert (await live.get(request(EVENTS, MEMBER))).code == "tenant_suspended"

    async def test_streams_end_when_the_tenant_is_gone(
        self, live: Running, add_member: AddMember, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        client = await begin(live, MEMBER)
        key = str(tenant_id).encode()
        await live.run(lambda: live.gateway.directory.apply(key, None))
        assert await ended_well(client)
        await assert_nothing_is_left(live, events)
        assert (await live.get(request(EVENTS, MEMBER))).code == "unknown_host"
        await client.close()

    async def test_streams_end_when_the_host_is_given_up(
        self, live: Running, add_member: AddMember, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        hosts = ["acme.stagify.test", "old.test"]
        await live.add_tenant("acme", tenant_id=tenant_id, hosts=hosts)
        kept, ended = await begin(live, MEMBER), await begin(live, MEMBER, host="old.test")
        await live.add_tenant("acme", tenant_id=tenant_id)
        assert await ended_well(ended)
        assert len(live.gateway.lasting) == 1
        for client in (kept, ended):
            await client.close()

    async def test_streams_end_when_the_host_goes_to_another_tenant(
        self, live: Running, add_member: AddMember, events: Endless
    ) -> None:
        await add_member(live)
        client = await begin(live, MEMBER)
        await live.add_tenant("other", hosts=[HOST])
        assert await ended_well(client)
        await client.close()

    async def test_streams_go_on_when_something_else_changes(
        self, live: Running, add_member: AddMember, events: Endless
    ) -> None:
        tenant_id = await add_member(live)
        client = await begin(live, MEMBER)
        await live.add_tenant("acme", tenant_id=tenant_id, name="New", plan="pro")
        assert len(live.gateway.lasting) == 1
        await client.close()


class TestTime:
    @pytest.mark.parametrize("target", [EVENTS, DOWNLOAD])
    async def test_answer_ends_when_its_session_does(
        self,
        live: Running,
        add_member: AddMember,
        events: Endless,
        download: Endless,
        target: str,
    ) -> None:
        await add_member(live, expires_at=(utc_now() + timedelta(seconds=2)).isoformat())
        client = await begin(live, MEMBER, target=target)
        assert len(live.gateway.lasting) == 1

        async def is_over() -> bool:
            await live.run(lambda: live.gateway.listener.sweep(monotonic()))
            return len(live.gateway.lasting) == 0

        await eventually(is_over)
        if target == EVENTS:
            assert await ended_well(client)
        else:
            assert await client.everything() == b""
        await client.close()

    @pytest.mark.parametrize("change", ["role", "permissions", "gone", "none"])
    async def test_old_verdict_is_looked_up_again(
        self,
        make_gateway: MakeGateway,
        add_member: AddMember,
        identity: Identity,
        events: Endless,
        change: str,
    ) -> None:
        live = await make_gateway(credential_lifetime_without_kafka_seconds=0.01)
        tenant_id = await add_member(live)
        client = await begin(live, MEMBER)
        found = identity.known[tenant_id, SESSION]
        if change == "role":
            found["role"] = "viewer"
        elif change == "permissions":
            found["permissions"] = []
        elif change == "gone":
            identity.known.clear()
        asked = identity.asked

        async def was_asked_again() -> bool:
            await live.run(live.gateway.credentials.check_lasting)
            return identity.asked > asked + 1

        if change == "none":
            await eventually(was_asked_again)
            assert len(live.gateway.lasting) == 1
        else:

            async def is_over() -> bool:
                await live.run(live.gateway.credentials.check_lasting)
                return len(live.gateway.lasting) == 0

            await eventually(is_over)
            assert await ended_well(client)
        await client.close()

    async def test_answer_goes_on_while_identity_svc_is_away(
        self,
        make_gateway: MakeGateway,
        add_member: AddMember,
        service: FakeService,
        events: Endless,
    ) -> None:
        live = await make_gateway(credential_lifetime_without_kafka_seconds=0.01)
        await add_member(live)
        client = await begin(live, MEMBER)
        lookups = live.gateway.credentials.lookups
        answer = service.handlers.pop("/internal/credentials")

        async def was_asked_again() -> bool:
            await live.run(live.gateway.credentials.check_lasting)
            return live.gateway.credentials.lookups > lookups + 1

        await eventually(was_asked_again)
        assert len(live.gateway.lasting) == 1
        service.handlers["/internal/credentials"] = answer
        await client.close()


async def test_answer_in_one_piece_is_not_kept(
    live: Running, add_member: AddMember, service: FakeService
) -> None:
    await add_member(live)
    kept: list[int] = []

    async def answer(received: Received, wire: Wire) -> None:
        kept.append(len(live.gateway.lasting))
        await wire.respond()

    service.handlers["/v1/projects"] = answer
    for _ in range(2):
        assert (await live.get(request("/v1/projects", MEMBER))).status == 200
    assert kept == [0, 0]
