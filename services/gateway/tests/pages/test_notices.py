"""Where there is no workspace, or a suspended one: a page for people, a problem for programs."""

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape

import pytest

from gateway.testing.client import request
from gateway.testing.running import Running
from gateway.testing.service import FakeService

BROWSER = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
NOBODY, LATE = "nobody.stagify.test", "late.stagify.test"
THEME = {
    "brand": "#aa0011",
    "on_brand": "#ffffff",
    "brand_text": "#880011",
    "brand_ring": "#cc0022",
}
BRANDING = {
    "name": "Lakeside",
    "colors": {"primary": "#aa0011", "accent": "#cc0022"},
    "tokens": {"light": THEME, "dark": THEME},
}
ANY_PATH = ["/", "/photos/1", "/v1/projects", "/docs", "/openapi.json", "/assets/x.js"]


@pytest.mark.parametrize("target", ANY_PATH)
@pytest.mark.parametrize("line", [BROWSER, "Sec-Fetch-Dest: document"])
async def test_people_get_a_page(live: Running, target: str, line: str) -> None:
    await live.add_tenant("late", status="suspended")
    for host, status in ((NOBODY, 404), (LATE, 403)):
        answer = await live.get(request(target, line, host=host))
        assert (answer.status, answer.headers["content-type"]) == (
            status,
            "text/html; charset=utf-8",
        )
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        head = await live.get(request(target, line, host=host, method="HEAD"))
        assert head.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("target", ANY_PATH)
@pytest.mark.parametrize("line", ["Accept: */*", "Accept: application/json", "X-Y: z"])
async def test_programs_get_a_problem(live: Running, target: str, line: str) -> None:
    await live.add_tenant("late", status="suspended")
    for host, status, code in ((NOBODY, 404, "unknown_host"), (LATE, 403, "tenant_suspended")):
        answer = await live.get(request(target, line, host=host))
        assert (answer.status, answer.code) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_app_of_a_suspended_tenant_is_not_served(
    web: Running, service: FakeService
) -> None:
    await web.add_tenant("late", status="suspended")
    for target in ("/", "/photos/1", "/assets/tenant-a1.js", "/favicon.svg"):
        answer = await web.get(request(target, BROWSER, host=LATE))
        assert answer.status == 403
        assert b"/assets/" not in answer.body
    assert service.received == []


async def test_suspended_is_said_in_the_name_and_the_colours_of_the_tenant(live: Running) -> None:
    await live.add_tenant("late", status="suspended", name="Late Ltd", branding=BRANDING)
    page = (await live.get(request("/", BROWSER, host=LATE))).body.decode()
    assert "<title>Lakeside</title>" in page
    assert "<bdi>Lakeside</bdi>" in page
    assert ":root{--brand:#aa0011;" in page
    other = (await live.get(request("/", BROWSER, host=NOBODY))).body.decode()
    assert "Lakeside" not in other
    assert 'href="https://app.stagify.test"' in other


@pytest.mark.parametrize(
    "name", ["</title><script>alert(1)</script>", "مكتب النخيل", "\u202etxt", '"><b>', "A & B"]
)
async def test_names_are_text(live: Running, name: str) -> None:
    await live.add_tenant("late", status="suspended", name=name)
    page = (await live.get(request("/", BROWSER, host=LATE))).body.decode()
    (title,), (shown,) = (
        re.findall("<title>(.*?)</title>", page),
        re.findall("<bdi>(.*?)</bdi>", page),
    )
    assert unescape(title) == unescape(shown) == name
    await live.add_tenant("late", status="suspended", name="Plain")
    plain = (await live.get(request("/", BROWSER, host=LATE))).body.decode()
    assert re.findall("</?[a-z!]", page) == re.findall("</?[a-z!]", plain)


@pytest.mark.parametrize("host", [NOBODY, LATE])
async def test_they_have_no_script_and_load_nothing(live: Running, host: str) -> None:
    await live.add_tenant("late", status="suspended")
    answer = await live.get(request("/", BROWSER, host=host))
    page, policy = answer.body.decode(), answer.headers["content-security-policy"]
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert not re.search("<script|<link|<img|src=|url\\(|@import| style=", page)


@pytest.mark.parametrize(("line", "locale"), [("Accept-Language: de", "de"), ("X-Y: z", "en")])
async def test_they_are_in_the_language_of_the_reader(
    live: Running, line: str, locale: str
) -> None:
    await live.add_tenant("late", status="suspended")
    for host in (NOBODY, LATE):
        answer = await live.get(request("/", BROWSER, line, host=host))
        assert f'<html lang="{locale}">' in answer.body.decode()
        assert answer.headers["content-language"] == locale


async def test_what_ends_a_suspension_ends_its_page(web: Running) -> None:
    tenant_id = await web.add_tenant("late", status="suspended")
    assert (await web.get(request("/", BROWSER, host=LATE))).status == 403
    await web.add_tenant("late", tenant_id=tenant_id)
    assert (await web.get(request("/", BROWSER, host=LATE))).status == 200
    await web.add_tenant("late", tenant_id=tenant_id, status="suspended", name="Renamed")
    answer = await web.get(request("/", BROWSER, host=LATE))
    assert (answer.status, b"Renamed" in answer.body) == (403, True)
