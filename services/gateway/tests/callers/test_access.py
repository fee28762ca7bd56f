"""Who is let in: sessions and API keys, in their own tenant only."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from gateway.testing.client import BEARER, KEY, SESSION, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Hang, Received, Wire, failing
from stagify.principal import Principal

MakeGateway = Callable[..., Awaitable[Running]]

COOKIE = f"Cookie: a=1; __Host-stagify_session={SESSION}; b=2"


class TestWithoutCredential:
    async def test_visitor_of_a_tenant_is_anonymous(
        self, live: Running, tenant: UUID, caller: Callable[[], Principal]
    ) -> None:
        assert (await live.get(request())).status == 200
        principal = caller()
        assert (principal.kind, principal.tenant_id) == ("anonymous", tenant)
        assert (principal.slug, principal.plan, principal.tenant_status) == (
            "acme",
            "free",
            "active",
        )
        assert principal.permissions == frozenset()

    async def test_visitor_of_the_platform_has_no_tenant(
        self, live: Running, identity: Identity, caller: Callable[[], Principal]
    ) -> None:
        answer = await live.get(request("/v1/projects", COOKIE, host="app.stagify.test"))
        assert answer.status == 200
        assert (caller().kind, caller().tenant_id) == ("platform", None)
        assert identity.asked == 0


class TestCredential:
    async def test_session_is_known_in_its_tenant(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        service: FakeService,
        caller: Callable[[], Principal],
    ) -> None:
        found = identity.add(tenant, SESSION)
        assert (await live.get(request("/v1/projects", COOKIE))).status == 200
        principal = caller()
        assert (principal.kind, principal.tenant_id) == ("user", tenant)
        assert str(principal.credential_id) == found["credential_id"]
        assert principal.permissions == {"projects:read"}
        received = service.received[-1]
        assert received.values("cookie") == ["a=1; b=2"]
        assert SESSION not in str(received.headers)

    async def test_api_key_takes_precedence_over_the_cookie(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        service: FakeService,
        caller: Callable[[], Principal],
    ) -> None:
        found = identity.add(tenant, KEY)
        assert (await live.get(request("/v1/projects", COOKIE, BEARER))).status == 200
        assert caller().kind == "api_key"
        assert str(caller().credential_id) == found["credential_id"]
        assert service.received[-1].values("authorization") == []

    async def test_credential_is_looked_up_once(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> None:
        identity.add(tenant, KEY)
        answers = await asyncio.gather(
            *(live.get(request("/v1/projects", BEARER)) for _ in range(20))
        )
        assert {answer.status for answer in answers} == {200}
        assert identity.asked == 1

    @pytest.mark.parametrize("line", [COOKIE, BEARER])
    async def test_credential_of_another_tenant_is_unknown(
        self, live: Running, tenant: UUID, identity: Identity, line: str
    ) -> None:
        other = await live.add_tenant("other")
        identity.add(other, KEY)
        identity.add(other, SESSION)
        host = "other.stagify.test"
        assert (await live.get(request("/v1/projects", line, host=host))).status == 200
        answer = await live.get(request("/v1/projects", line))
        assert (answer.status, answer.code) == (401, "invalid_credential")
        assert "www-authenticate" in answer.headers

    @pytest.mark.parametrize(
        "line",
        [
            "Authorization: Bearer",
            "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.",
            f"Authorization: Bearer {SESSION}",
            f"Authorization: Bearer {KEY} {KEY}",
            "Authorization: Bearer stg_live_" + "x" * 4000,
            "Cookie: __Host-stagify_session=short",
            "Cookie: __Host-stagify_session=",
            f'Cookie: __Host-stagify_session="{SESSION}"',
            f"Cookie: __Host-stagify_session={KEY}",
        ],
    )
    async def test_what_cannot_be_a_credential_is_refused_without_a_look_up(
        self, live: Running, identity: Identity, line: str
    ) -> None:
        answer = await live.get(request("/v1/projects", line))
        assert (answer.status, answer.code) == (401, "invalid_credential")
        assert identity.asked == 0

    @pytest.mark.parametrize(
        "line",
        [
            "Authorization: Basic dXNlcjpzZWNyZXQ=",
            "Authorization: basic",
            'Authorization: Digest username="x", nonce="Bearer stg"',
            "Authorization: Negotiate YII=",
            f"Authorization: {SESSION[:40]}",
            "Authorization: Bearerx y",
            "Authorization:",
        ],
    )
    async def test_credentials_of_another_scheme_are_not_for_us(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        service: FakeService,
        caller: Callable[[], Principal],
        line: str,
    ) -> None:
        identity.add(tenant, SESSION)
        assert (await live.get(request("/v1/projects", COOKIE, line))).status == 200
        assert caller().kind == "user"
        answer = await live.get(request("/v1/projects", line))
        assert (answer.status, answer.code) == (401, "invalid_credential")
        # What anyone may do can be done beside them, as behind a proxy that asks for a password.
        for method, target in (("POST", "/v1/session"), ("GET", "/v1/branding")):
            assert (await live.get(request(target, line, method=method))).status == 200
        assert identity.asked == 1
        own = [each for each in service.received if each.target.startswith("/v1/")]
        assert all(received.values("authorization") == [] for received in own)

    async def test_a_broken_bearer_beside_a_session_is_refused(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> None:
        identity.add(tenant, SESSION)
        lines = [COOKIE, "Authorization: bearer nonsense"]
        answer = await live.get(request("/v1/projects", *lines))
        assert (answer.status, answer.code) == (401, "invalid_credential")

    async def test_the_same_session_twice_is_one(
        self, live: Running, tenant: UUID, identity: Identity, service: FakeService
    ) -> None:
        identity.add(tenant, SESSION)
        answer = await live.get(request("/v1/projects", COOKIE, COOKIE))
        assert answer.status == 200
        assert service.received[-1].values("cookie") == ["a=1; b=2; a=1; b=2"]

    async def test_unknown_credential_is_looked_up_once(
        self, live: Running, identity: Identity
    ) -> None:
        for _ in range(5):
            assert (await live.get(request("/v1/projects", BEARER))).status == 401
        assert identity.asked == 1

    @pytest.mark.parametrize(
        ("method", "target", "status"),
        [
            ("POST", "/v1/session", 200),
            ("POST", "/v1/signup", 200),
            ("DELETE", "/v1/session", 200),
            ("GET", "/v1/branding", 200),
            ("GET", "/v1/catalog?x=1", 200),
            ("GET", "/v1/session", 401),
            ("POST", "/v1/branding", 401),
            ("GET", "/v1/sessions", 404),
        ],
    )
    async def test_invalid_session_does_not_keep_anyone_from_logging_in(
        self, live: Running, identity: Identity, method: str, target: str, status: int
    ) -> None:
        assert (await live.get(request(target, COOKIE, method=method))).status == status

    async def test_wrong_key_is_always_refused(self, live: Running, identity: Identity) -> None:
        assert (await live.get(request("/v1/branding", BEARER))).status == 401

    async def test_expired_credential_is_unknown(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> None:
        identity.add(tenant, KEY, expires_at="2020-01-01T00:00:00Z")
        assert (await live.get(request("/v1/projects", BEARER))).status == 401

    @pytest.mark.parametrize("body", [b"{}", b"not json", b"[]"])
    async def test_senseless_answer_of_identity_lets_nobody_in(
        self, live: Running, service: FakeService, body: bytes
    ) -> None:
        async def answer_nonsense(received: Received, wire: Wire) -> None:
            await wire.respond(body)

        service.handlers["/internal/credentials"] = answer_nonsense
        answer = await live.get(request("/v1/projects", BEARER))
        assert (answer.status, answer.code) == (503, "credentials_unavailable")
        assert answer.headers["retry-after"] == "1"

    async def test_known_credential_is_accepted_while_identity_is_down(
        self, live: Running, tenant: UUID, identity: Identity, service: FakeService
    ) -> None:
        identity.add(tenant, KEY)
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        service.handlers["/internal/credentials"] = failing
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        answer = await live.get(request("/v1/projects", COOKIE))
        assert (answer.status, answer.code) == (503, "credentials_unavailable")


async def test_verdicts_expire_sooner_while_revocations_cannot_arrive(
    make_gateway: MakeGateway, identity: Identity
) -> None:
    live = await make_gateway(credential_lifetime_without_kafka_seconds=0.000001)
    tenant = await live.add_tenant("acme")
    identity.add(tenant, KEY)
    for _ in range(2):
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
    assert identity.asked == 2
    await live.run(lambda: live.gateway.credentials.follow_feed(is_current=True))
    for _ in range(2):
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
    assert identity.asked == 2


async def test_identity_that_does_not_answer_in_time_is_unavailable(
    make_gateway: MakeGateway, service: FakeService
) -> None:
    live = await make_gateway(credential_timeout_seconds=0.05)
    service.handlers["/internal/credentials"] = Hang()
    answer = await live.get(request("/v1/projects", BEARER))
    assert (answer.status, answer.code) == (503, "credentials_unavailable")
