"""The build of the web app as the gateway serves it, in a browser that reports whatever its policy forbids."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import node
import pytest
import uvloop
from playwright.sync_api import Browser, Page
from prometheus_client.registry import CollectorRegistry

from gateway.app import Gateway
from gateway.settings import Settings
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire
from proof.browser import chromium
from stagify.testing.context import ContextKeys
from stagify_local.ports import free_port

THEME = {
    "brand": "#aa0011",
    "on_brand": "#ffffff",
    "brand_text": "#880011",
    "brand_ring": "#cc0022",
}
BRANDING = {
    "name": "مكتب </script><i>",
    "colors": {"primary": "#aa0011", "accent": "#cc0022"},
    "tokens": {"light": THEME, "dark": {**THEME, "brand": "#dd3344"}},
}
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


class Served:
    """A gateway with the web app, in front of services that know nobody."""

    def __init__(self) -> None:
        self.port = free_port()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()
        self._wait(self._start())

    def stop(self) -> None:
        """Stop everything."""
        self._wait(self._running.stop())
        self._wait(self._service.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, label: str, path: str = "/") -> str:
        """The address of a page at the host that begins with `label`."""
        return f"http://{label}.localhost:{self.port}{path}"

    def _wait(self, work: Any) -> None:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(30)

    async def _start(self) -> None:
        self._service = FakeService()
        await self._service.start()
        self._service.handlers["/v1/session"] = _refuse
        url = f"http://127.0.0.1:{self._service.port}"
        services = ("tenant_svc_url", "identity_svc_url", "staging_svc_url", "usage_svc_url")
        settings = Settings(
            **{
                "environment": "test",
                "base_domain": f"localhost:{self.port}",
                "public_scheme": "http",
                "kafka_bootstrap_servers": "127.0.0.1:1",
                "gateway_port": self.port,
                "access_log": "off",
                "web_folder": node.DIST,
                **dict.fromkeys(services, url),
                **ContextKeys().settings("gateway"),
            }
        )
        gateway = Gateway(settings, CollectorRegistry())
        self._running = Running(gateway, self._loop)
        tenants: dict[str, dict[str, Any]] = {
            "acme": {},
            "lake": {"branding": BRANDING},
            "new": {"status": "provisioning"},
            "late": {"status": "suspended", "branding": BRANDING},
        }
        for slug, changes in tenants.items():
            await self._running.add_tenant(slug, hosts=[f"{slug}.localhost"], **changes)
        await gateway.listener.start()


async def _refuse(received: Received, wire: Wire) -> None:
    await wire.respond(b'{"code":"authentication_required","status":401}', "401 Unauthorized")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The newest build, served."""
    node.build()
    served = Served()
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def visit(browser: Browser, url: str, *, look: str = "light", language: str = "en-US") -> Page:
    """The page at `url` once nothing is loading any more."""
    context = browser.new_context(
        color_scheme="dark" if look == "dark" else "light", locale=language
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(url, wait_until="networkidle")
    return page


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("acme", "/"),
        ("lake", "/photos/1"),
        ("new", "/"),
        ("app", "/"),
        ("ops", "/"),
        ("late", "/x"),
    ],
)
def test_a_page_does_nothing_that_its_policy_forbids(
    served: Served, browser: Browser, label: str, path: str, look: str
) -> None:
    page = visit(browser, served.url(label, path), look=look)
    assert page.evaluate("violations") == []
    # There is something to see.
    assert page.evaluate("document.body.innerText.trim().length") > 0
    page.context.close()


def test_name_and_colours_are_there_at_once(served: Served, browser: Browser) -> None:
    page = visit(browser, served.url("lake"), language="de-AT")
    assert page.title() == BRANDING["name"]
    assert page.evaluate("document.documentElement.lang") == "de"
    brand = 'getComputedStyle(document.documentElement).getPropertyValue("--brand")'
    assert page.evaluate(brand) == "#aa0011"
    # What the person has chosen goes before what the system says.
    page.evaluate('document.cookie = "stagify_look=dark; Path=/"')
    page.reload()
    assert page.evaluate("document.documentElement.dataset.look") == "dark"
    assert page.evaluate(brand) == "#dd3344"
    assert page.evaluate("violations") == []
    page.context.close()


def test_what_somebody_writes_into_the_page_does_not_run(served: Served, browser: Browser) -> None:
    page = visit(browser, served.url("acme"))
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.append("window.ran = true");
          document.head.append(script);
          const style = document.createElement("style");
          style.append("#root { display: none }");
          document.head.append(style);
        }"""
    )
    assert page.evaluate("window.ran") is None
    assert page.evaluate('getComputedStyle(document.getElementById("root")).display') != "none"
    assert len(page.evaluate("violations")) == 2
    # And no text becomes markup (Trusted Types).
    with pytest.raises(Exception, match="TrustedHTML"):
        page.evaluate('() => { document.body.innerHTML = "<b>x</b>" }')
    page.context.close()


def test_a_page_loads_its_session_once(served: Served, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served.url("acme"), wait_until="networkidle")
    assert asked.count(served.url("acme", "/v1/session")) == 1
    assert all(url.startswith(served.url("acme")) for url in asked)
    context.close()
