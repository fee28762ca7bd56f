"""A page in a real browser uploads a photo and shows the result: preflight, CORS and all."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page

from proof.browser import chromium
from proof.customers import photo
from stagify_local.customer import Customer
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

# What a page does with a ticket. Browsers set Content-Length themselves and ignore that of a page.
UPLOAD = """async ({ticket, content}) => {
  const body = Uint8Array.from(atob(content), character => character.charCodeAt(0));
  const options = {method: ticket.method, headers: ticket.headers, body: new Blob([body])};
  const answer = await fetch(ticket.url, options);
  return {status: answer.status, etag: answer.headers.get("etag"), text: await answer.text()};
}"""
READ = """async (link) => {
  const answer = await fetch(link);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return {
    status: answer.status,
    type: answer.headers.get("content-type"),
    content: btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join("")),
  };
}"""
SHOW = """async (link) => {
  const image = new Image();
  image.src = link;
  await image.decode();
  return [image.naturalWidth, image.naturalHeight];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a page at a URL, whose own policy on connections is left aside: it is the store's that
    is tested."""
    context = browser.new_context(bypass_csp=True)

    def opened(url: str) -> Page:
        page = context.new_page()
        page.goto(url)
        return page

    yield opened
    context.close()


def asked(platform: Platform, method: str, path: str) -> list[int]:
    """The statuses of such requests in the gateway's log, which is written once a second."""
    # The last line may be half there.
    lines = map(json.loads, platform.log("gateway-access").split("\n")[:-1])
    return [each["status"] for each in lines if (each["method"], each["path"]) == (method, path)]


def upload(page: Page, ticket: dict[str, Any], content: bytes) -> dict[str, Any]:
    """What the page learns from an upload."""
    shown = base64.b64encode(content).decode()
    outcome: dict[str, Any] = page.evaluate(UPLOAD, {"ticket": ticket, "content": shown})
    return outcome


class TestBrowser:
    def test_a_page_of_the_tenant_uploads_and_shows_a_photo(
        self, customer: Customer, platform: Platform, open_page: Callable[[str], Page]
    ) -> None:
        page = open_page(f"{customer.account.url}/")
        content = photo()
        ticket = customer.ticket(len(content))
        stored = upload(page, ticket, content)
        assert stored["status"] == 200
        assert stored["etag"]
        # The browser has asked first, as browsers do.
        path = urlsplit(ticket["url"]).path
        assert eventually(lambda: asked(platform, "OPTIONS", path)) == [204]
        again = upload(page, ticket, content)
        assert again["status"] == 412

        project = customer.finished(customer.create(ticket["id"]).json()["id"])
        link = customer.http.get(project["staged"]["url"]).headers["location"]
        read = page.evaluate(READ, link)
        assert (read["status"], read["type"]) == (200, "image/jpeg")
        size = Image.open(io.BytesIO(base64.b64decode(read["content"]))).size
        assert tuple(page.evaluate(SHOW, link)) == size == (1200, 800)

    def test_it_can_read_why_an_upload_was_refused(
        self, customer: Customer, open_page: Callable[[str], Page]
    ) -> None:
        page = open_page(f"{customer.account.url}/")
        ticket = customer.ticket(10)
        ticket["url"] = ticket["url"].partition("?")[0]
        refused = upload(page, ticket, b"0123456789")
        assert (refused["status"], json.loads(refused["text"])["code"]) == (403, "invalid_link")

    def test_a_page_of_somebody_else_cannot(
        self, customer: Customer, platform: Platform, open_page: Callable[[str], Page]
    ) -> None:
        # A host that is no tenant's answers too, and a page can be made of that.
        page = open_page(f"http://evil.localhost:{platform.gateway_port}/")
        content = photo()
        ticket = customer.ticket(len(content))
        with pytest.raises(Error, match="Failed to fetch"):
            upload(page, ticket, content)
        assert customer.create(ticket["id"]).json()["code"] == "upload_not_filled"
