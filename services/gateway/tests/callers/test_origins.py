"""No page of another site uses a session."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from gateway.testing.client import BEARER, KEY, SESSION, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running

MakeGateway = Callable[..., Awaitable[Running]]

COOKIE = f"Cookie: a=1; __Host-stagify_session={SESSION}; b=2"


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
