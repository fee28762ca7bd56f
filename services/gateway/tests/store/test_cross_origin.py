"""Which pages may use signed links."""

from collections.abc import Awaitable, Callable

import pytest

from gateway.testing.client import request
from gateway.testing.running import Running
from gateway.testing.service import FakeService
from gateway.testing.store import HOST
from gateway.testing.transfers import TARGET, download

MakeGateway = Callable[..., Awaitable[Running]]


class TestPages:
    ORIGIN = "http://acme.stagify.test"

    def preflight(self, origin: str, method: str = "PUT", headers: str = "content-type") -> bytes:
        """What a browser asks first."""
        return request(
            TARGET,
            f"Origin: {origin}",
            f"Access-Control-Request-Method: {method}",
            f"Access-Control-Request-Headers: {headers}",
            method="OPTIONS",
            host=HOST,
        )

    async def test_preflight(self, make_relay: MakeGateway, service: FakeService) -> None:
        live = await make_relay(public_scheme="http")
        asked = self.preflight(self.ORIGIN, headers="content-type, If-None-Match")
        answer = await live.get(asked)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == self.ORIGIN
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, PUT"
        allowed = answer.headers["access-control-allow-headers"].split(", ")
        assert {"content-type", "if-none-match"} <= set(allowed)
        assert "*" not in allowed
        assert answer.headers["vary"] == "origin"
        assert int(answer.headers["access-control-max-age"]) > 0
        assert service.received == []
        # So that a page can read why its link is refused.
        assert (await live.get(asked.replace(TARGET.encode(), b"/"))).status == 204
        app = await live.get(self.preflight("http://app.stagify.test"))
        assert app.status == 204

    @pytest.mark.parametrize(
        "origin",
        [
            "https://acme.stagify.test",
            "http://acme.stagify.test:8080",
            "http://acme.stagify.test.",
            "http://ACME.stagify.test",
            "http://acme.stagify.test/",
            "http://nobody.stagify.test",
            "http://gone.stagify.test",
            "http://objects.stagify.test",
            "http://stagify.test",
            "http://evil.test",
            "http://acme.stagify.test.evil.test",
            "http://evil-acme.stagify.test",
            "http://",
            "null",
            "*",
        ],
    )
    async def test_pages_of_others(
        self, make_relay: MakeGateway, service: FakeService, origin: str
    ) -> None:
        live = await make_relay(public_scheme="http")
        await live.add_tenant("gone", status="suspended")
        answer = await live.get(self.preflight(origin))
        assert (answer.status, answer.code) == (403, "origin_not_allowed")
        assert "access-control-allow-origin" not in answer.headers
        used = await live.get(download(None, f"Origin: {origin}"))
        assert used.status == 200
        assert "access-control-allow-origin" not in used.headers
        assert used.headers["vary"] == "origin"

    @pytest.mark.parametrize(
        ("method", "headers"),
        [
            ("DELETE", "content-type"),
            ("POST", ""),
            ("put", ""),
            ("PUT", "x-amz-acl"),
            ("PUT", "content-type,x-amz-copy-source"),
            ("PUT", "*"),
            ("PUT", "authorization"),
        ],
    )
    async def test_what_pages_may_not_send(
        self, make_relay: MakeGateway, method: str, headers: str
    ) -> None:
        live = await make_relay(public_scheme="http")
        answer = await live.get(self.preflight(self.ORIGIN, method, headers))
        assert (answer.status, answer.code) == (403, "preflight_not_allowed")

    async def test_a_port_belongs_to_the_origin(self, make_relay: MakeGateway) -> None:
        live = await make_relay(public_scheme="http", base_domain="stagify.test:8080")
        sent = self.preflight("http://acme.stagify.test:8080").replace(
            HOST.encode(), f"{HOST}:8080".encode()
        )
        assert (await live.get(sent)).status == 204
        sent = sent.replace(
            b"Origin: http://acme.stagify.test:8080", b"Origin: " + b"http://acme.stagify.test"
        )
        assert (await live.get(sent)).code == "origin_not_allowed"

    async def test_answers_and_refusals_can_be_read(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(public_scheme="http")
        origin = f"Origin: {self.ORIGIN}"
        answer = await live.get(download(None, origin))
        assert answer.headers["access-control-allow-origin"] == self.ORIGIN
        assert "etag" in answer.headers["access-control-expose-headers"]
        refused = await live.get(download("/", origin))
        assert refused.code == "invalid_link"
        assert refused.headers["access-control-allow-origin"] == self.ORIGIN
        service.stop()
        await live.run(lambda: live.gateway.services[-1].close())
        away = await live.get(download(None, origin))
        assert away.code == "upstream_unavailable"
        assert away.headers["access-control-allow-origin"] == self.ORIGIN
        await service.start()
