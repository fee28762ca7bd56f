"""Who is let in: sessions and API keys, in their own tenant only, until they are revoked."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from gateway.callers import credentials
from gateway.callers.revocations import MemberOf
from gateway.testing.client import SESSION, Answer, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire
from stagify.calls.identity import MAX_USES, USES, ApiKeyUse
from stagify.ids import new_id
from stagify.principal import Principal
from stagify.testing.context import ContextKeys
from stagify.tokens import TokenVerifier

MakeGateway = Callable[..., Awaitable[Running]]

KEY = "stg_live_k1_0123456789abcdef0123456789abcdef"
COOKIE = f"Cookie: a=1; __Host-stagify_session={SESSION}; b=2"
BEARER = f"Authorization: Bearer {KEY}"


@pytest.fixture
async def tenant(live: Running) -> UUID:
    """The tenant whose host the requests go to."""
    return await live.add_tenant("acme")


@pytest.fixture
def caller(service: FakeService, context_keys: ContextKeys) -> Callable[[], Principal]:
    """Read who the caller of the last request is for staging-svc."""
    verifier = TokenVerifier("staging-svc", context_keys.public)

    def read() -> Principal:
        received = [each for each in service.received if each.target.startswith("/v1/projects")]
        (token,) = received[-1].values("x-stagify-context")
        return verifier.verify(token)

    return read


async def revoke(live: Running, credential_id: str) -> None:
    """Let the revocation of the credential arrive."""
    await live.run(lambda: live.gateway.credentials.revoke(UUID(credential_id)))


async def reconsider(live: Running, tenant_id: UUID, member_id: str) -> None:
    """Let the change of a member arrive."""
    member = MemberOf(tenant_id, UUID(member_id))
    await live.run(lambda: live.gateway.credentials.reconsider(member))


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

        async def fail(received: Received, wire: Wire) -> None:
            await wire.respond(b"{}", "500 Internal Server Error")

        service.handlers["/internal/credentials"] = fail
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        answer = await live.get(request("/v1/projects", COOKIE))
        assert (answer.status, answer.code) == (503, "credentials_unavailable")


class TestRevocation:
    @pytest.fixture
    async def admitted(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> Callable[[], Awaitable[Answer]]:
        """A request with a credential that has been accepted once."""
        self.found = identity.add(tenant, KEY)

        async def ask() -> Answer:
            return await live.get(request("/v1/projects", BEARER))

        assert (await ask()).status == 200
        return ask

    async def test_revoked_credential_is_refused_at_once(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        admitted: Callable[[], Awaitable[Answer]],
    ) -> None:
        del identity.known[tenant, KEY]
        await revoke(live, self.found["credential_id"])
        assert (await admitted()).status == 401

    async def test_look_up_under_way_does_not_restore_a_revoked_credential(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> None:
        found = identity.add(tenant, KEY)

        async def revoke_meanwhile() -> None:
            await revoke(live, found["credential_id"])

        identity.meanwhile = revoke_meanwhile
        assert (await live.get(request("/v1/projects", BEARER))).status == 401
        assert (await live.get(request("/v1/projects", BEARER))).status == 401

    async def test_a_changed_member_is_looked_up_again(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        caller: Callable[[], Principal],
        admitted: Callable[[], Awaitable[Answer]],
    ) -> None:
        identity.known[tenant, KEY] = {**self.found, "permissions": ["usage:read"]}
        await reconsider(live, tenant, str(UUID(int=1)))
        assert (await admitted()).status == 200
        assert caller().permissions == {"projects:read"}
        await reconsider(live, tenant, self.found["user_id"])
        assert (await admitted()).status == 200
        assert caller().permissions == {"usage:read"}
        del identity.known[tenant, KEY]
        await reconsider(live, tenant, self.found["user_id"])
        assert (await admitted()).status == 401

    async def test_the_key_of_a_service_account_acts_for_nobody_and_changes_with_it(
        self, live: Running, tenant: UUID, identity: Identity, caller: Callable[[], Principal]
    ) -> None:
        account_id = str(uuid4())
        found = identity.add(tenant, KEY, user_id=None, service_account_id=account_id)
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        assert (caller().kind, caller().user_id) == ("api_key", None)
        assert caller().subject == found["subject"]
        identity.known[tenant, KEY] = {**found, "permissions": ["usage:read"]}
        await reconsider(live, tenant, account_id)
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        assert caller().permissions == {"usage:read"}

    async def test_look_up_under_way_does_not_keep_what_a_member_was(
        self, live: Running, tenant: UUID, identity: Identity, caller: Callable[[], Principal]
    ) -> None:
        found = identity.add(tenant, KEY)

        async def change_meanwhile() -> None:
            identity.meanwhile = None
            identity.known[tenant, KEY] = {**found, "permissions": ["usage:read"]}
            await reconsider(live, tenant, found["user_id"])

        identity.meanwhile = change_meanwhile
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        assert caller().permissions == {"usage:read"}
        assert identity.asked == 2

    async def test_suspension_takes_effect_at_once(
        self, live: Running, tenant: UUID, admitted: Callable[[], Awaitable[Answer]]
    ) -> None:
        await live.add_tenant("acme", tenant_id=tenant, status="suspended")
        assert (await admitted()).code == "tenant_suspended"
        await live.add_tenant("acme", tenant_id=tenant)
        assert (await admitted()).status == 200

    async def test_new_plan_is_in_the_next_context(
        self,
        live: Running,
        tenant: UUID,
        admitted: Callable[[], Awaitable[Answer]],
        caller: Callable[[], Principal],
    ) -> None:
        assert caller().plan == "free"
        await live.add_tenant("acme", tenant_id=tenant, plan="pro")
        assert (await admitted()).status == 200
        assert caller().plan == "pro"


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
        await reconsider(live, tenant, found["user_id"])
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
        async def fail(received: Received, wire: Wire) -> None:
            await wire.respond(b"{}", "500 Internal Server Error")

        service.handlers[USES] = fail
        identity.add(tenant, KEY)
        for _ in range(2):
            assert (await live.get(request("/v1/projects", BEARER))).status == 200
        await live.run(live.gateway.uses.flush)
        assert (await live.get(request("/v1/projects", BEARER))).status == 200


class TestOrigin:
    @pytest.mark.parametrize(
        ("method", "origin", "status"),
        [
            ("POST", "https://acme.stagify.test", 200),
            ("POST", "HTTPS://ACME.stagify.test", 200),
            ("POST", "https://acme.stagify.test:443", 200),
            ("POST", "https://acme.stagify.test.", 200),
            ("POST", "http://acme.stagify.test", 403),
            ("POST", "http://acme.stagify.test:443", 403),
            ("POST", "https://acme.stagify.test:80", 403),
            ("POST", "acme.stagify.test", 403),
            ("POST", "https://", 403),
            ("POST", "https://acme.stagify.test/", 403),
            ("POST", "https://user@acme.stagify.test", 403),
            ("POST", "https://acme.stagify.test https://evil.test", 403),
            ("PATCH", "https://evil.test", 403),
            ("PUT", "null", 403),
            ("HEAD", "https://evil.test", 200),
            ("OPTIONS", "https://evil.test", 200),
            ("POST", None, 200),
            ("GET", "https://evil.test", 200),
            ("POST", "https://evil.test", 403),
            ("POST", "https://other.stagify.test", 403),
            ("POST", "https://acme.stagify.test:8443", 403),
            ("POST", "https://acme.stagify.test.evil.test", 403),
            ("POST", "null", 403),
            ("DELETE", "https://evil.test", 403),
            ("POST", "", 403),
        ],
    )
    async def test_page_of_another_site_cannot_use_a_session(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        method: str,
        origin: str | None,
        status: int,
    ) -> None:
        identity.add(tenant, SESSION)
        lines = [COOKIE] if origin is None else [COOKIE, f"Origin: {origin}"]
        assert (await live.get(request("/v1/projects", *lines, method=method))).status == status

    @pytest.mark.parametrize(
        ("scheme", "host", "origin", "status"),
        [
            ("http", "acme.stagify.test:8080", "http://acme.stagify.test:8080", 200),
            ("http", "acme.stagify.test:80", "http://acme.stagify.test", 200),
            ("http", "acme.stagify.test", "http://acme.stagify.test:80", 200),
            ("http", "ACME.stagify.test.:80", "http://acme.stagify.test", 200),
            ("http", "acme.stagify.test:443", "http://acme.stagify.test", 403),
            ("http", "acme.stagify.test:8080", "http://acme.stagify.test", 403),
            ("http", "acme.stagify.test:8080", "https://acme.stagify.test:8080", 403),
            ("https", "acme.stagify.test:443", "https://acme.stagify.test", 200),
            ("https", "acme.stagify.test:8443", "https://acme.stagify.test:8443", 200),
            ("https", "acme.stagify.test:8443", "https://acme.stagify.test", 403),
        ],
    )
    async def test_origins_are_compared_and_not_their_spellings(
        self,
        make_gateway: MakeGateway,
        identity: Identity,
        scheme: str,
        host: str,
        origin: str,
        status: int,
    ) -> None:
        live = await make_gateway(public_scheme=scheme)
        identity.add(await live.add_tenant("acme"), SESSION)
        data = request("/v1/projects", COOKIE, f"Origin: {origin}", method="POST", host=host)
        assert (await live.get(data)).status == status

    @pytest.mark.parametrize(
        ("trusted", "proto", "origin", "status"),
        [
            (True, "https", "https://acme.stagify.test", 200),
            (True, "https", "http://acme.stagify.test", 403),
            (True, "http, HTTPS", "https://acme.stagify.test", 200),
            (True, "gopher", "http://acme.stagify.test", 200),
            (False, "https", "https://acme.stagify.test", 403),
            (False, "https", "http://acme.stagify.test", 200),
        ],
    )
    async def test_a_trusted_proxy_says_by_which_scheme_it_was_called(
        self,
        make_gateway: MakeGateway,
        identity: Identity,
        trusted: bool,
        proto: str,
        origin: str,
        status: int,
    ) -> None:
        proxies = ("127.0.0.0/8",) if trusted else ()
        live = await make_gateway(public_scheme="http", trusted_proxies=proxies)
        identity.add(await live.add_tenant("acme"), SESSION)
        lines = (COOKIE, f"Origin: {origin}", f"X-Forwarded-Proto: {proto}")
        answer = await live.get(request("/v1/projects", *lines, method="POST"))
        assert answer.status == status

    @pytest.mark.parametrize(
        ("method", "site", "status"),
        [
            ("POST", "same-origin", 200),
            ("POST", "none", 200),
            # Another tenant's page, or one of the platform.
            ("POST", "same-site", 403),
            ("POST", "cross-site", 403),
            ("POST", "anything", 403),
            ("POST", "", 403),
            ("GET", "cross-site", 200),
            ("HEAD", "cross-site", 200),
        ],
    )
    async def test_a_browser_says_whose_page_uses_the_session(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        method: str,
        site: str,
        status: int,
    ) -> None:
        identity.add(tenant, SESSION)
        lines = [COOKIE, f"Sec-Fetch-Site: {site}"]
        assert (await live.get(request("/v1/projects", *lines, method=method))).status == status

    async def test_an_origin_that_fits_does_not_outweigh_what_the_browser_says(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> None:
        identity.add(tenant, SESSION)
        lines = [COOKIE, "Origin: https://acme.stagify.test", "Sec-Fetch-Site: cross-site"]
        answer = await live.get(request("/v1/projects", *lines, method="POST"))
        assert (answer.status, answer.code) == (403, "origin_mismatch")
        lines = [COOKIE, "Origin: null", "Sec-Fetch-Site: same-origin"]
        assert (await live.get(request("/v1/projects", *lines, method="POST"))).status == 403

    async def test_api_key_works_from_any_origin(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> None:
        identity.add(tenant, KEY)
        lines = [BEARER, "Origin: https://tool.test"]
        assert (await live.get(request("/v1/projects", *lines, method="POST"))).status == 200


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

    async def hang(received: Received, wire: Wire) -> None:
        await wire.wait_closed_by_peer()

    service.handlers["/internal/credentials"] = hang
    answer = await live.get(request("/v1/projects", BEARER))
    assert (answer.status, answer.code) == (503, "credentials_unavailable")


async def test_calls_of_known_callers_are_counted(
    live: Running, tenant: UUID, identity: Identity, service: FakeService
) -> None:
    async def fail(received: Received, wire: Wire) -> None:
        await wire.respond(b"{}", "500 Internal Server Error")

    service.handlers["/v1/projects/broken"] = fail
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
