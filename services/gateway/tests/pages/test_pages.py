"""What the gateway answers itself: refusals for people and programs, the docs, a landing page."""

import json

from gateway.testing.client import request
from gateway.testing.running import Running
from gateway.testing.service import FakeService


class TestPages:
    async def test_unknown_host_gets_a_page_or_a_problem(self, live: Running) -> None:
        answer = await live.get(request(host="nobody.stagify.test"))
        assert (answer.status, answer.code) == (404, "unknown_host")
        members = json.loads(answer.body)
        assert members["type"] == "urn:stagify:problem:unknown_host"
        assert members["request_id"] == answer.headers["x-request-id"]
        page = await live.get(request("/", "Accept: text/html", host="nobody.stagify.test"))
        assert page.status == 404
        assert page.headers["content-type"].startswith("text/html")

    async def test_suspended_tenant_is_refused(self, live: Running, service: FakeService) -> None:
        await live.add_tenant("late", status="suspended")
        answer = await live.get(request(host="late.stagify.test"))
        assert (answer.status, answer.code) == (403, "tenant_suspended")
        assert service.received == []

    async def test_internal_calls_are_not_routed(self, live: Running, service: FakeService) -> None:
        for target in ("/internal/credentials", "/v1", "/v1/", "/v1/nothing", "/v1/projectsx"):
            answer = await live.get(request(target, method="POST"))
            assert (answer.status, answer.code) == (404, "not_found")
        assert service.received == []

    async def test_docs_load_nothing_from_other_hosts(self, live: Running) -> None:
        page = await live.get(request("/docs"))
        assert page.status == 200
        assert b"http" not in page.body
        assert "script-src 'self'" in page.headers["content-security-policy"]
        for target in ("/docs/start.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"):
            asset = await live.get(request(target))
            assert (asset.status, asset.headers["x-content-type-options"]) == (200, "nosniff")

    async def test_landing_page_escapes_the_name(self, live: Running) -> None:
        await live.add_tenant("odd", name="<script>")
        page = await live.get(request("/", host="odd.stagify.test"))
        assert b"<h1>&lt;script&gt;</h1>" in page.body

    async def test_pages_can_only_be_read(self, live: Running) -> None:
        answer = await live.get(request("/docs", method="POST"))
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"

    async def test_options_says_how_a_page_can_be_read(self, live: Running) -> None:
        answer = await live.get(request("/docs", method="OPTIONS"))
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        answer = await live.get(request("/nowhere", method="OPTIONS"))
        assert (answer.status, answer.code) == (404, "not_found")
