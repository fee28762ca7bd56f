"""The web app's assets: in the form that the client takes, for ever, also those of the build before."""

import asyncio
import gzip
import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pages.negotiation import IDENTITY, coding_of
from gateway.testing.client import HOST, MEMBER, Client, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService
from gateway.testing.web import SCRIPT, STYLE, build_web, packed
from gateway.wire.request import HeadLimits, parse_request
from stagify.testing.waiting import PATIENCE_SECONDS

MakeGateway = Callable[..., Awaitable[Running]]

CSS = "/assets/base-a1.css"
FORMS = {"br": packed(STYLE), "gzip": gzip.compress(STYLE, mtime=0), None: STYLE}
CODINGS = ("br", "gzip")


class TestForms:
    @pytest.mark.parametrize(
        ("accepted", "coding"),
        [
            ("gzip, deflate, br, zstd", "br"),
            ("br", "br"),
            ("gzip", "gzip"),
            ("x-gzip", "gzip"),
            ("GZIP;Q=0.5", "gzip"),
            ("gzip;q=1.0, br;q=0.9", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("br;q=0.0, *", "gzip"),
            ("*", "br"),
            ("*;q=0.1", "br"),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0.5, gzip;q=0.5", "gzip"),
            ("identity;q=0", None),
            ("*;q=0", None),
            ("deflate, zstd", None),
            ("", None),
            ("br;q=2, gzip;q=-1, *;q=x", None),
            ("brx, xgzip", None),
        ],
    )
    async def test_client_gets_the_form_it_likes_best(
        self, web: Running, accepted: str, coding: str | None
    ) -> None:
        answer = await web.get(request(CSS, f"Accept-Encoding: {accepted}"))
        assert answer.status == 200
        assert answer.headers.get("content-encoding") == coding
        assert answer.body == FORMS[coding]
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert answer.headers["vary"] == "accept-encoding"

    async def test_it_is_kept_for_ever(self, web: Running) -> None:
        answer = await web.get(request(CSS))
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers

    async def test_a_form_that_saves_nothing_is_not_sent(
        self, make_gateway: MakeGateway, build: Path
    ) -> None:
        (build / "assets/small.js").write_bytes(b"1")
        (build / "assets/small.js.br").write_bytes(b"longer than the whole")
        live = await make_gateway(web_folder=build)
        answer = await live.get(request("/assets/small.js", "Accept-Encoding: br"))
        assert (answer.body, "content-encoding" in answer.headers) == (b"1", False)
        # The compressed forms are no assets themselves.
        assert (await live.get(request("/assets/small.js.br"))).status == 404

    async def test_forms_have_different_tags_and_each_is_known(self, web: Running) -> None:
        tags = set()
        for coding in ("br", "gzip", "identity"):
            lines = (f"Accept-Encoding: {coding}",)
            tag = (await web.get(request(CSS, *lines))).headers["etag"]
            tags.add(tag)
            answer = await web.get(request(CSS, *lines, f"If-None-Match: {tag}"))
            assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
        assert len(tags) == 3

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    async def test_assets_can_only_be_read(self, web: Running, method: str) -> None:
        answer = await web.get(request(CSS, method=method))
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        head = await web.get(request(CSS, method="HEAD"))
        assert (head.status, head.headers["content-length"]) == (200, str(len(STYLE)))

    @pytest.mark.parametrize(
        ("name", "content_type"),
        [
            ("tenant-a1.js", "text/javascript; charset=utf-8"),
            ("sans-a1.woff2", "font/woff2"),
            ("odd.html", "application/octet-stream"),
        ],
    )
    async def test_type_is_that_of_the_name(
        self, make_gateway: MakeGateway, build: Path, name: str, content_type: str
    ) -> None:
        (build / "assets/odd.html").write_text("<script>alert(1)</script>")
        live = await make_gateway(web_folder=build)
        answer = await live.get(request(f"/assets/{name}"))
        assert answer.headers["content-type"] == content_type


QUALITIES = st.one_of(
    st.just(""),
    st.sampled_from([";q=0", ";q=0.0", ";q=1", ";q=1.000", "; q=0.001", " ;\tq=0.5"]),
    st.integers(0, 1000).map(lambda number: f";q={number / 1000:.3f}"),
)
MEMBERS = st.tuples(st.sampled_from(["br", "gzip", "identity", "*", "zstd"]), QUALITIES)


@given(st.lists(MEMBERS, max_size=6, unique_by=lambda member: member[0]))
def test_no_other_form_would_be_liked_better(members: list[tuple[str, str]]) -> None:
    value = ", ".join(name + quality for name, quality in members)
    head = f"GET / HTTP/1.1\r\nHost: a.test\r\nAccept-Encoding: {value}".encode()
    chosen = coding_of(parse_request(head, HeadLimits()), map(str.encode, CODINGS))
    liked = {name: float(re.sub(r"[^0-9.]", "", quality) or "1") for name, quality in members}
    of = {coding: liked.get(coding, liked.get("*", 0.0)) for coding in CODINGS}
    if chosen == IDENTITY:
        assert all(weight == 0 or weight < liked.get("identity", 0.0) for weight in of.values())
        return
    weight = of[chosen.decode()]
    assert weight > 0
    assert weight == max(*of.values(), liked.get("identity", 0.0))
    # Of those that are liked equally it is the smallest.
    assert chosen == b"br" or of["br"] < weight


class TestWhichAssets:
    @pytest.mark.parametrize(
        "target",
        [
            "/assets/gone-a0.js",
            "/assets/base-a1.css/",
            "/assets/base-a1.css.gz",
            "/assets/BASE-a1.css",
            "/assets/base%2da1.css",
            "/base-a1.css",
            "/manifest.json",
            "/tenant.html",
        ],
    )
    async def test_unknown_ones_are_never_a_page(self, web: Running, target: str) -> None:
        answer = await web.get(request(target, "Accept: */*"))
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("target", ["/assets/../tenant.html", "/assets/%2e%2e/tenant.html"])
    async def test_nothing_outside_of_the_folder_can_be_named(
        self, web: Running, target: str
    ) -> None:
        assert (await web.get(request(target))).status == 400

    async def test_query_does_not_matter(self, web: Running) -> None:
        assert (await web.get(request(f"{CSS}?v=2"))).body == STYLE

    @pytest.mark.parametrize("host", [HOST, "app.stagify.test", "ops.stagify.test"])
    async def test_every_host_has_them(self, web: Running, host: str) -> None:
        assert (await web.get(request(CSS, host=host))).body == STYLE

    async def test_a_host_that_nobody_has_has_none(self, web: Running) -> None:
        answer = await web.get(request(CSS, host="nobody.stagify.test"))
        assert (answer.status, answer.code) == (404, "unknown_host")
        await web.add_tenant("late", status="suspended")
        answer = await web.get(request(CSS, host="late.stagify.test"))
        assert (answer.status, answer.code) == (403, "tenant_suspended")

    async def test_those_of_the_build_before_are_still_there(
        self, make_gateway: MakeGateway, tmp_path: Path
    ) -> None:
        before, now = build_web(tmp_path / "before", "a0"), build_web(tmp_path / "now", "a1")
        # A name that both have is that of the build that is served.
        (before / "assets/same.js").write_bytes(b"before")
        (now / "assets/same.js").write_bytes(b"now")
        live = await make_gateway(web_folder=now, web_previous_folder=before)
        for version in ("a0", "a1"):
            answer = await live.get(request(f"/assets/tenant-{version}.js"))
            assert answer.body == SCRIPT + b"tenant"
        assert (await live.get(request("/assets/same.js"))).body == b"now"
        assert b"tenant-a1.js" in (await live.get(request("/"))).body


class TestPrices:
    async def test_an_office_opens_its_pages_all_at_once(self, web: Running) -> None:
        """Thirty people behind one address, each with a page, a dozen assets and an icon."""

        async def open_page(client: Client) -> list[int]:
            seen = []
            for target in ("/photos", *[CSS] * 12, "/favicon.svg"):
                await client.send(request(target, "Accept: text/html"))
                seen.append((await client.answer()).status)
            return seen

        statuses = set()
        for _ in range(30):
            client = await web.connect()
            statuses.update(await open_page(client))
            await client.close()
        assert statuses == {200}

    async def test_nobody_gets_bytes_without_end(
        self, make_gateway: MakeGateway, build: Path
    ) -> None:
        (build / "assets/large.js").write_bytes(b"x" * 600_000)
        live = await make_gateway(
            web_folder=build,
            address_asset_bytes_per_second=1,
            address_asset_burst_bytes=1024 * 1024,
            address_requests_per_second=0.001,
            address_burst=2,
        )
        seen = []
        for _ in range(5):
            client = await live.connect()
            await client.send(request("/assets/large.js"))
            answer = await client.answer()
            seen.append((answer.status, answer.headers.get("connection")))
            await client.close()
        assert seen == [(200, None), (429, None), (429, None), (429, "close"), (429, "close")]
        # It can still open a page, and others get the asset.
        assert (await live.get(request("/"))).status == 200
        assert (await live.get(request("/assets/large.js"), "127.0.0.2")).status == 200

    async def test_an_answer_without_a_body_costs_too(
        self, make_gateway: MakeGateway, build: Path
    ) -> None:
        live = await make_gateway(
            web_folder=build, address_asset_bytes_per_second=1, address_asset_burst_bytes=1024**2
        )
        client = await live.connect()
        for number in range(129):
            await client.send(request(CSS, "If-None-Match: *"))
            answer = await client.answer()
            assert answer.status == (304 if number < 128 else 429)
        assert answer.headers["ratelimit-policy"].startswith('"address-bytes";q=1048576;qu=')
        await client.close()

    async def test_a_page_costs_what_pages_cost(
        self, make_gateway: MakeGateway, build: Path
    ) -> None:
        live = await make_gateway(
            web_folder=build, address_requests_per_second=0.001, address_burst=2
        )
        for target in ("/photos/1", "/assets/none.js"):
            source = "127.0.0.3" if target == "/photos/1" else "127.0.0.4"
            asked = request(target, "Accept: text/html")
            seen = [(await live.get(asked, source)).status for _ in range(3)]
            assert seen[2] == 429
            assert 429 not in seen[:2]

    async def test_they_are_no_calls(
        self, make_gateway: MakeGateway, build: Path, service: FakeService
    ) -> None:
        # A tenant that may call once, and its visitors' pages.
        live = await make_gateway(
            web_folder=build, tenant_requests_per_second=0.001, tenant_burst=1
        )
        for target in ("/", CSS, "/favicon.svg", "/photos/1") * 3:
            assert (await live.get(request(target, "Accept: text/html", MEMBER))).status == 200
        assert service.received == []


class TestSlowClients:
    async def test_they_hold_the_same_bytes_all_together(
        self, make_gateway: MakeGateway, build: Path
    ) -> None:
        size, count = 8 * 1024 * 1024, 30
        (build / "assets/large.js").write_bytes(b"x" * size)
        live = await make_gateway(
            web_folder=build, address_asset_burst_bytes=float(size * count * 2)
        )
        before = resident_bytes()
        async with AsyncExitStack() as stack:
            slow = [await slow_client(live, stack) for _ in range(count)]
            for client in slow:
                await send(client, request("/assets/large.js") + request("/docs/start.js"))
            for client in slow:
                # The answer has begun, and the client takes no more of it.
                assert await receive(client, 1) == b"H"
            # A copy for each would be 240 MiB.
            assert resident_bytes() - before < size * count / 4
            # Others are served meanwhile.
            assert (await live.get(request("/"))).status == 200
            # A slow one gets the whole in the end, and its next answer.
            data = b""
            while not data.endswith(b"validatorUrl: null});"):
                piece = await receive(slow[0], 1024 * 1024)
                assert piece
                data += piece
            assert data.count(b"x" * size) == 1


def resident_bytes() -> int:
    """The memory of this process, in which the gateway runs."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


async def slow_client(live: Running, stack: AsyncExitStack) -> socket.socket:
    """A connection that holds as little as it can of what it has not read."""
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", live.port))
    return client


async def send(client: socket.socket, data: bytes) -> None:
    """Send all of `data`."""
    await asyncio.get_running_loop().sock_sendall(client, data)


async def receive(client: socket.socket, most: int) -> bytes:
    """What there is to read."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await asyncio.get_running_loop().sock_recv(client, most)
