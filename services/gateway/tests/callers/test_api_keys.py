"""What holds for API keys: from where they may be used, and that their use is told and counted."""

import json
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from gateway.callers import credentials
from gateway.testing.client import BEARER, KEY, SESSION, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService, failing
from stagify.calls.identity import MAX_USES, USES, ApiKeyUse
from stagify.ids import new_id

MakeGateway = Callable[..., Awaitable[Running]]

COOKIE = f"Cookie: a=1; __Host-stagify_session={SESSION}; b=2"


class TestAddresses:
    """From where an API key may be used."""

    @pytest.mark.parametrize(
        ("addresses", "status"),
        [
            ([], 200),
            (["127.0.0.1/32"], 200),
            (["2001:db8::/32", "127.0.0.0/8"], 200),
            (["203.0.113.0/24"], 403),
            (["::ffff:127.0.0.1/128", "2001:db8::/32"], 403),
        ],
    )
    async def test_a_key_is_used_from_its_networks_alone(
        self, live: Running, tenant: UUID, identity: Identity, addresses: list[str], status: int
    ) -> None:
        identity.add(tenant, KEY, addresses=addresses)
        # The first is looked up, the second is known.
        for _ in range(2):
            answer = await live.get(request("/v1/projects", BEARER))
            assert answer.status == status
            if status == 403:
                assert answer.code == "address_not_allowed"
        assert identity.asked == 1

    @pytest.mark.parametrize(
        ("forwarded", "is_trusted", "status"),
        [
            ("203.0.113.9", False, 403),
            ("203.0.113.9", True, 200),
            ("198.51.100.1", True, 403),
            # The client writes what it likes; the proxy adds where it came from.
            ("203.0.113.9, 198.51.100.1", True, 403),
            ("::ffff:203.0.113.9", True, 200),
            ("garbage", True, 403),
        ],
    )
    async def test_a_header_counts_only_from_a_trusted_proxy(
        self,
        make_gateway: MakeGateway,
        identity: Identity,
        forwarded: str,
        is_trusted: bool,
        status: int,
    ) -> None:
        proxies = ("127.0.0.0/8",) if is_trusted else ()
        live = await make_gateway(trusted_proxies=proxies)
        identity.add(await live.add_tenant("acme"), KEY, addresses=["203.0.113.0/24"])
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            value = f"for={forwarded}" if name == "Forwarded" else forwarded
            answer = await live.get(request("/v1/projects", BEARER, f"{name}: {value}"))
            assert answer.status == (status if name == "X-Forwarded-For" else 403), name

    async def test_a_list_that_changes_counts_at_once(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> None:
        found = identity.add(tenant, KEY)
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        identity.known[tenant, KEY] = {**found, "addresses": ["203.0.113.0/24"]}
        await live.reconsider(tenant, found["user_id"])
        assert (await live.get(request("/v1/projects", BEARER))).status == 403


class TestUses:
    """That a key is in use is told while it is known, and nobody is asked again for it."""

    @pytest.fixture(autouse=True)
    def at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(credentials, "TELL_SECONDS", 0.0)

    async def test_keys_are_told_once_a_batch(
        self, live: Running, tenant: UUID, identity: Identity, service: FakeService
    ) -> None:
        await live.run(lambda: live.gateway.credentials.follow_feed(is_current=True))
        found = identity.add(tenant, KEY)
        identity.add(tenant, SESSION)
        for line in (BEARER, COOKIE, COOKIE, BEARER):
            assert (await live.get(request("/v1/projects", line))).status == 200
        assert identity.asked == 2
        for _ in range(2):
            await live.run(live.gateway.uses.flush)
        (told,) = [each for each in service.received if each.target == USES]
        use = {"tenant_id": str(tenant), "api_key_id": found["credential_id"]}
        assert json.loads(told.body) == {"items": [use]}

    async def test_many_are_told_in_several_calls(
        self, live: Running, service: FakeService
    ) -> None:
        for _ in range(MAX_USES + 1):
            live.gateway.uses.note(ApiKeyUse(tenant_id=new_id(), api_key_id=new_id()))
        await live.run(live.gateway.uses.flush)
        told = [each for each in service.received if each.target == USES]
        assert [len(json.loads(each.body)["items"]) for each in told] == [MAX_USES, 1]

    async def test_what_cannot_be_told_holds_nobody_up(
        self, live: Running, tenant: UUID, identity: Identity, service: FakeService
    ) -> None:
        service.handlers[USES] = failing
        identity.add(tenant, KEY)
        for _ in range(2):
            assert (await live.get(request("/v1/projects", BEARER))).status == 200
        await live.run(live.gateway.uses.flush)
        assert (await live.get(request("/v1/projects", BEARER))).status == 200


async def test_calls_of_known_callers_are_counted(
    live: Running, tenant: UUID, identity: Identity, service: FakeService
) -> None:
    service.handlers["/v1/projects/broken"] = failing
    found = identity.add(tenant, KEY)
    for target in ("/v1/projects", "/v1/projects", "/v1/projects/broken", "/nowhere"):
        await live.get(request(target, BEARER))
    await live.get(request())
    called = live.gateway.metering._called
    assert [(each.principal.tenant_id, each.take_calls()) for each in called] == [(tenant, 2)]
    assert called[0].principal.usage_dimensions() == {
        "user_id": found["user_id"],
        "api_key_id": found["credential_id"],
    }
