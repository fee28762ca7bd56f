"""The web app's pages: which one a host gets, what the gateway writes into it, and what it allows it."""

import json
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gateway.testing.client import HOST, SESSION, Answer, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService
from gateway.testing.web import build_web
from stagify.brands import PLATFORM_TOKENS

MakeGateway = Callable[..., Awaitable[Running]]

APP, OPS = "app.stagify.test", "ops.stagify.test"
BROWSER = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
TOKENS: dict[str, Any] = {
    "light": {
        "brand": "#aa0011",
        "on_brand": "#ffffff",
        "brand_text": "#880011",
        "brand_ring": "#cc0022",
    },
    "dark": {
        "brand": "#dd3344",
        "on_brand": "#1e1a16",
        "brand_text": "#ee5566",
        "brand_ring": "#ff7788",
    },
}
BRANDING = {
    "name": "Lakeside",
    "colors": {"primary": "#aa0011", "accent": "#cc0022"},
    "tokens": TOKENS,
    "logo_url": None,
}
EVIL = '</script><script>alert(1)</script><!--<b title="\'">&amp;'
INLINE = re.compile(r"<(script|style)(?![^>]*\bsrc=)([^>]*)>(.*?)</\1>", re.DOTALL)


async def page(live: Running, target: str = "/", *lines: str, host: str = HOST) -> Answer:
    """What a browser gets that goes to `target`."""
    return await live.get(request(target, BROWSER, *lines, host=host))


def boot_of(answer: Answer) -> dict[str, Any]:
    """The data that the page starts with."""
    (found,) = re.findall(r'<script type="application/json" id="boot">(.*?)</script>', text(answer))
    data: dict[str, Any] = json.loads(found)
    return data


def text(answer: Answer) -> str:
    """The body as text."""
    return answer.body.decode()


def title_of(answer: Answer) -> str:
    """The title of the page."""
    (found,) = re.findall(r"<title>(.*?)</title>", text(answer))
    return unescape(found)


def policy_of(answer: Answer) -> dict[str, list[str]]:
    """The directives of the page's Content-Security-Policy."""
    directives = answer.headers["content-security-policy"].split("; ")
    return {name: values for name, *values in map(str.split, directives)}


class TestWhichPage:
    @pytest.mark.parametrize(
        ("host", "kind"),
        [(HOST, "tenant"), (APP, "platform"), (OPS, "ops"), ("OPS.stagify.test.:8080", "ops")],
    )
    async def test_each_kind_of_host_has_its_own(self, web: Running, host: str, kind: str) -> None:
        answer = await page(web, host=host)
        assert answer.status == 200
        assert f"/assets/{kind}-a1.js" in text(answer)
        assert boot_of(answer)["kind"] == kind

    @pytest.mark.parametrize(
        "target",
        [
            "/",
            "/?x=1",
            "/photos/1",
            "/photos/1?tab=a",
            "/office/team",
            "/robots",
            "/v1beta",
            "/a.js",
        ],
    )
    @pytest.mark.parametrize("line", [BROWSER, "Sec-Fetch-Dest: document"])
    async def test_deep_links_lead_to_it(self, web: Running, target: str, line: str) -> None:
        answer = await web.get(request(target, line))
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.body == (await page(web)).body

    async def test_the_root_is_a_page_for_anyone(self, web: Running) -> None:
        assert (await web.get(request("/"))).body == (await page(web)).body

    @pytest.mark.parametrize(
        "target",
        ["/v1", "/v1/", "/v1/nothing", "/docs/nothing", "/assets", "/assets/", "/assets/x.js"],
    )
    async def test_what_is_no_page_stays_a_problem(self, web: Running, target: str) -> None:
        answer = await page(web, target)
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        "line", ["Accept: */*", "Accept: application/json", "Sec-Fetch-Dest: empty", "X-Y: z"]
    )
    async def test_programs_get_a_problem_at_an_unknown_path(self, web: Running, line: str) -> None:
        answer = await web.get(request("/photos/1", line))
        assert (answer.status, answer.code) == (404, "not_found")

    @pytest.mark.parametrize("target", ["/", "/photos/1"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_pages_can_only_be_read(self, web: Running, target: str, method: str) -> None:
        answer = await web.get(request(target, BROWSER, method=method))
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"

    async def test_head_is_that_of_get(self, web: Running) -> None:
        whole = await page(web, "/photos/1")
        head = await web.get(request("/photos/1", BROWSER, method="HEAD"))
        assert head.headers.pop("x-request-id") != whole.headers.pop("x-request-id")
        head.headers.pop("date"), whole.headers.pop("date")
        assert (head.status, head.headers, head.body) == (200, whole.headers, b"")

    async def test_services_are_where_they_were(self, web: Running, service: FakeService) -> None:
        assert (await page(web, "/v1/projects")).status == 200
        assert service.received[-1].target == "/v1/projects"
        assert (await page(web, "/docs")).headers["content-type"].startswith("text/html")

    @pytest.mark.parametrize("target", ["/v1/session", "/v1/signup"])
    async def test_the_console_has_no_api(
        self, web: Running, service: FakeService, target: str
    ) -> None:
        line = f"Cookie: __Host-stagify_session={SESSION}"
        answer = await web.get(request(target, line, host=OPS, method="POST"))
        assert (answer.status, answer.code) == (404, "not_found")
        assert service.received == []

    async def test_no_tenant_gets_the_host_of_the_console(self, web: Running) -> None:
        await web.add_tenant("greedy", hosts=[OPS, "greedy.stagify.test"])
        assert boot_of(await page(web, host=OPS))["kind"] == "ops"
        assert boot_of(await page(web, host="greedy.stagify.test"))["kind"] == "tenant"


class TestWithoutABuild:
    @pytest.mark.parametrize("missing", ["", "tenant.html", "ops.html", "assets/base-a1.css"])
    async def test_gateway_runs_with_its_landing_page(
        self, make_gateway: MakeGateway, tmp_path: Path, missing: str
    ) -> None:
        folder = tmp_path / "dist"
        if missing:
            build_web(folder)
            if missing.startswith("assets"):
                for file in (folder / "assets").iterdir():
                    file.unlink()
            else:
                (folder / missing).unlink()
        live = await make_gateway(web_folder=folder, web_previous_folder=tmp_path / "none")
        answer = await page(live)
        assert b"<h1>Acme</h1>" in answer.body
        assert (await page(live, "/photos/1")).status == 404
        assert (await page(live, "/assets/tenant-a1.js")).status == 404

    async def test_a_page_without_the_marker_is_no_build(
        self, make_gateway: MakeGateway, build: Path
    ) -> None:
        (build / "platform.html").write_text('<html lang="en"><head></head></html>')
        live = await make_gateway(web_folder=build)
        assert b"<h1>Acme</h1>" in (await page(live)).body


class TestBoot:
    async def test_it_says_where_everything_is(
        self, make_gateway: MakeGateway, build: Path
    ) -> None:
        live = await make_gateway(
            web_folder=build, base_domain="stagify.test:8080", public_scheme="http"
        )
        await live.add_tenant("lake", name="Lakeside Homes", branding=BRANDING)
        data = boot_of(await page(live, host="lake.stagify.test:8080"))
        assert re.fullmatch("[0-9a-f]{16}", data.pop("build"))
        assert data == {
            "kind": "tenant",
            "name": "Lakeside Homes",
            "status": "active",
            "locale": "en",
            "app_url": "http://app.stagify.test:8080",
            "base_domain": "stagify.test:8080",
            "upload_origin": "http://objects.stagify.test:8080",
            "branding": BRANDING,
        }

    @pytest.mark.parametrize("host", [APP, OPS])
    async def test_the_platform_has_no_status(self, web: Running, host: str) -> None:
        data = boot_of(await page(web, host=host))
        assert (data["name"], data["status"]) == ("StagifyAI", None)
        assert data["branding"]["tokens"] == PLATFORM_TOKENS.model_dump()

    async def test_a_workspace_that_is_being_made_gets_the_app(self, web: Running) -> None:
        await web.add_tenant("new", status="provisioning")
        answer = await page(web, "/photos", host="new.stagify.test")
        assert (answer.status, boot_of(answer)["status"]) == (200, "provisioning")

    async def test_build_is_named_after_what_is_in_it(
        self, make_gateway: MakeGateway, tmp_path: Path
    ) -> None:
        seen = []
        for number, version in enumerate(("a1", "a1", "b2")):
            folder = build_web(tmp_path / str(number), version)
            seen.append(boot_of(await page(await make_gateway(web_folder=folder)))["build"])
        assert seen[0] == seen[1] != seen[2]

    async def test_a_page_that_is_open_can_ask_for_the_build(self, web: Running) -> None:
        answer = await page(web)
        assert answer.headers["stagify-build"] == boot_of(answer)["build"]

    async def test_a_store_elsewhere_is_where_photos_go(
        self, make_gateway: MakeGateway, build: Path
    ) -> None:
        live = await make_gateway(web_folder=build, s3_public_url="https://s3.example:444/")
        answer = await page(live)
        assert boot_of(answer)["upload_origin"] == "https://s3.example:444"
        assert policy_of(answer)["connect-src"] == ["'self'", "https://s3.example:444"]
        assert policy_of(answer)["img-src"] == ["'self'", "blob:", "https://s3.example:444"]


class TestTheme:
    async def test_colours_are_those_of_the_tenant(self, web: Running) -> None:
        await web.add_tenant("lake", branding=BRANDING)
        style = {
            kind: body
            for kind, _, body in INLINE.findall(text(await page(web, host="lake.stagify.test")))
        }["style"]
        light = "--brand:#aa0011;--on-brand:#ffffff;--brand-text:#880011;--brand-ring:#cc0022"
        dark = "--brand:#dd3344;--on-brand:#1e1a16;--brand-text:#ee5566;--brand-ring:#ff7788"
        assert style == (
            f":root{{{light}}}"
            f'@media (prefers-color-scheme:dark){{:root:not([data-look="light"]){{{dark}}}}}'
            f':root[data-look="dark"]{{{dark}}}'
        )

    async def test_a_tenant_without_branding_looks_as_the_platform(self, web: Running) -> None:
        data = boot_of(await page(web))
        assert data["branding"]["name"] == "Acme"
        assert data["branding"]["tokens"] == PLATFORM_TOKENS.model_dump()
        assert f"--brand:{PLATFORM_TOKENS.light.brand};" in text(await page(web))

    @pytest.mark.parametrize(
        "color", ["red", "#fff", "#aa00gg", "#aa0011;}body{display:none}", "</style><script>", ""]
    )
    @pytest.mark.parametrize("place", ["light", "dark", "colors"])
    async def test_what_is_no_colour_is_not_written(
        self, web: Running, color: str, place: str
    ) -> None:
        odd = json.loads(json.dumps(BRANDING))
        if place == "colors":
            odd["colors"]["accent"] = color
        else:
            odd["tokens"][place]["brand_ring"] = color
        await web.add_tenant("odd", branding=odd)
        data = boot_of(await page(web, host="odd.stagify.test"))
        assert data["branding"]["name"] == "Lakeside"
        assert data["branding"]["tokens"] == PLATFORM_TOKENS.model_dump()


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [EVIL, "مكتب النخيل", "Büro Weiß & Söhne", "\u202etxt", "不動產", "</title>", "🏠", "]]>"],
    )
    async def test_they_are_text(self, web: Running, name: str) -> None:
        await web.add_tenant("odd", name=name, branding={**BRANDING, "name": name})
        answer = await page(web, host="odd.stagify.test")
        plain = await page(web)
        assert title_of(answer) == name
        assert boot_of(answer)["name"] == boot_of(answer)["branding"]["name"] == name
        # No element more and none less than with a harmless name.
        tags = re.compile(r"</?[a-z!]")
        assert len(tags.findall(text(answer))) == len(tags.findall(text(plain)))

    @pytest.mark.parametrize(
        ("name", "letter"),
        [
            ("lakeside", "L"),
            (EVIL, "S"),
            ("«élan»", "É"),
            ("مكتب", "م"),
            ("🏠 7 homes", "7"),
            ("…", "S"),
        ],
    )
    async def test_icon_has_the_first_letter(self, web: Running, name: str, letter: str) -> None:
        await web.add_tenant("odd", name=name, branding={**BRANDING, "name": name})
        answer = await web.get(request("/favicon.svg", host="odd.stagify.test"))
        assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
        assert f">{letter}</text></svg>" in text(answer)
        assert 'fill="#aa0011"' in text(answer)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; sandbox")


class TestPolicy:
    @pytest.mark.parametrize("host", [HOST, APP, OPS])
    async def test_exactly_the_inline_parts_are_allowed(self, web: Running, host: str) -> None:
        answer = await page(web, host=host)
        allowed = policy_of(answer)
        found: dict[str, list[str]] = {"script": [], "style": []}
        for kind, attributes, body in INLINE.findall(text(answer)):
            if "application/json" not in attributes:
                digest = b64encode(sha256(body.encode()).digest()).decode()
                found[kind].append(f"'sha256-{digest}'")
        assert allowed["script-src"] == ["'self'", *found["script"]]
        assert allowed["style-src"] == ["'self'", *found["style"]]
        assert len(found["script"]) == len(found["style"]) == 1
        assert " style=" not in text(answer)
        assert " on" not in "".join(re.findall(r"<[a-z][^>]*>", text(answer)))

    async def test_everything_else_is_forbidden(self, web: Running) -> None:
        answer = await page(web)
        allowed = policy_of(answer)
        for directive in (
            "default-src",
            "base-uri",
            "frame-ancestors",
            "object-src",
            "style-src-attr",
        ):
            assert allowed.pop(directive) == ["'none'"]
        for directive in ("font-src", "form-action", "manifest-src"):
            assert allowed.pop(directive) == ["'self'"]
        assert allowed.pop("require-trusted-types-for") == ["'script'"]
        assert allowed.pop("trusted-types") == ["'none'"]
        assert set(allowed) == {"script-src", "style-src", "img-src", "connect-src"}
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "strict-transport-security" not in answer.headers

    async def test_the_script_that_reads_the_look_is_small(self, web: Running) -> None:
        (script,) = [
            body
            for kind, attributes, body in INLINE.findall(text(await page(web)))
            if kind == "script" and not attributes
        ]
        assert len(script) <= 200

    async def test_only_the_platform_is_for_search_engines(self, web: Running) -> None:
        for host, is_public in ((HOST, False), (APP, True), (OPS, False)):
            answer = await page(web, host=host)
            assert ("x-robots-tag" in answer.headers) != is_public
            robots = await web.get(request("/robots.txt", host=host))
            assert ("Disallow: /\n" in text(robots)) != is_public


class TestLocale:
    @pytest.mark.parametrize(
        ("lines", "locale"),
        [
            ([], "en"),
            (["Accept-Language: de"], "de"),
            (["Accept-Language: de-AT,de;q=0.9,en;q=0.8"], "de"),
            (["Accept-Language: en-GB,de;q=0.9"], "en"),
            (["Accept-Language: fr, de;q=0.3, en;q=0.7"], "en"),
            (["Accept-Language: fr, de;q=0.3"], "de"),
            (["Accept-Language: DE"], "de"),
            (["Accept-Language: de;q=0, en"], "en"),
            (["Accept-Language: de;q=0"], "en"),
            (["Accept-Language: den, dead-beef"], "en"),
            (["Accept-Language: *"], "en"),
            (["Accept-Language: ;;,q=1,de;q=x"], "en"),
            (["Cookie: stagify_locale=de"], "de"),
            (["Cookie: a=1; stagify_locale=en; b=2", "Accept-Language: de"], "en"),
            (["Cookie: stagify_locale=xx", "Accept-Language: de"], "de"),
            (["Cookie: stagify_locale=", "Accept-Language: de"], "de"),
            ([f"Cookie: __Host-stagify_session={SESSION}; stagify_locale=de"], "de"),
        ],
    )
    async def test_it_is_what_the_person_reads(
        self, web: Running, lines: list[str], locale: str
    ) -> None:
        answer = await page(web, "/", *lines)
        assert f'<html lang="{locale}">' in text(answer)
        assert boot_of(answer)["locale"] == answer.headers["content-language"] == locale
        assert answer.headers["vary"] == "accept-encoding, accept-language"


class TestCaching:
    async def test_who_has_the_page_gets_no_body(self, web: Running) -> None:
        whole = await page(web)
        assert whole.headers["cache-control"] == "no-cache"
        tag = whole.headers["etag"]
        assert re.fullmatch('"[0-9a-f]{32}"', tag)
        # The page is the same at every path of the app.
        again = await page(web, "/photos/7", f"If-None-Match: {tag}")
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["content-security-policy"] == whole.headers["content-security-policy"]

    async def test_another_language_name_look_status_or_build_is_another_page(
        self, make_gateway: MakeGateway, build: Path, tmp_path: Path
    ) -> None:
        live = await make_gateway(web_folder=build)
        tenant_id = uuid4()
        seen: list[str] = []

        async def look(*lines: str, at: Running = live) -> None:
            answer = await page(at, "/", *lines, *(f"If-None-Match: {tag}" for tag in seen))
            assert answer.status == 200
            seen.append(answer.headers["etag"])

        await live.add_tenant("acme", tenant_id=tenant_id)
        await look()
        await look("Accept-Language: de")
        for change in (
            {"name": "Other"},
            {"branding": BRANDING},
            {"branding": {**BRANDING, "name": "Third"}},
            {"status": "provisioning"},
        ):
            await live.add_tenant("acme", tenant_id=tenant_id, **change)
            await look()
        other = await make_gateway(web_folder=build_web(tmp_path / "next", "b2"))
        await other.add_tenant("acme", tenant_id=tenant_id, status="provisioning")
        await look(at=other)

    async def test_tenants_never_get_each_others_pages(self, web: Running) -> None:
        names = {f"t{number}": f"Name-of-{number}-only" for number in range(20)}
        for slug, name in names.items():
            await web.add_tenant(slug, name=name, branding={**BRANDING, "name": name})
        tags: dict[str, str] = {}
        for _ in range(2):
            for slug, name in names.items():
                for target in ("/", "/favicon.svg"):
                    answer = await page(web, target, host=f"{slug}.stagify.test")
                    others = [each for each in names.values() if each != name]
                    assert not any(other in text(answer) for other in others)
                answer = await page(web, host=f"{slug}.stagify.test")
                assert name in text(answer)
                assert tags.setdefault(slug, answer.headers["etag"]) == answer.headers["etag"]
        assert len(set(tags.values())) == len(names)
        # One tenant's tag says nothing at another one's host.
        line = f"If-None-Match: {tags['t1']}"
        assert (await page(web, "/", line, host="t2.stagify.test")).status == 200

    async def test_a_host_that_goes_to_another_tenant_shows_that_one(self, web: Running) -> None:
        await web.add_tenant("first", name="First-owner", hosts=["shared.stagify.test"])
        assert "First-owner" in text(await page(web, host="shared.stagify.test"))
        await web.add_tenant("second", name="Second-owner", hosts=["shared.stagify.test"])
        answer = await page(web, host="shared.stagify.test")
        assert "Second-owner" in text(answer)
        assert "First-owner" not in text(answer)
